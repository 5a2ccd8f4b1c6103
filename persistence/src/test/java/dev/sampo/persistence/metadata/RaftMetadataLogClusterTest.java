package dev.sampo.persistence.metadata;

import dev.sampo.persistence.metadata.MetadataLog.Appended;
import dev.sampo.persistence.metadata.MetadataLog.Member;
import dev.sampo.persistence.metadata.MetadataLog.Role;
import dev.sampo.persistence.metadata.MetadataLog.Snapshot;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static dev.sampo.persistence.metadata.MetadataLogContract.NEVER_MS;
import static dev.sampo.persistence.metadata.MetadataLogContract.bytes;
import static dev.sampo.persistence.metadata.MetadataLogContract.get;
import static dev.sampo.persistence.metadata.MetadataLogContract.payloads;
import static dev.sampo.persistence.metadata.MetadataLogContract.read;
import static org.assertj.core.api.Assertions.assertThat;

/** Several nodes of one metadata log, in this JVM. */
class RaftMetadataLogClusterTest {
    private static final UUID GROUP = RaftSettings.groupOf("the cluster of this test");

    @TempDir
    Path folder;

    private final Map<Integer, RaftMetadataLog> logs = new TreeMap<>();
    private final Map<Integer, Role> roles = new ConcurrentHashMap<>();
    private final List<Integer> ports = freePorts(6);

    @AfterEach
    void closeAll() {
        List.copyOf(logs.keySet()).forEach(this::close);
    }

    private void close(int node) {
        logs.remove(node).close();
        roles.remove(node);
    }

    private static List<Integer> freePorts(int count) {
        var sockets = new ArrayList<ServerSocket>();
        try {
            for (int i = 0; i < count; i++) {
                sockets.add(new ServerSocket(0));
            }
            return sockets.stream().map(ServerSocket::getLocalPort).toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } finally {
            for (ServerSocket socket : sockets) {
                try {
                    socket.close();
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
    }

    private Member member(int node, boolean voter) {
        return new Member(node, "127.0.0.1:" + ports.get(node - 1), voter);
    }

    private Set<Member> voters(int... nodes) {
        var voters = new HashSet<Member>();
        for (int node : nodes) {
            voters.add(member(node, true));
        }
        return voters;
    }

    private void open(int node, Set<Member> first) throws IOException {
        RaftMetadataLog log = RaftMetadataLog.open(new RaftSettings(
                node, "127.0.0.1", ports.get(node - 1), folder.resolve("node-" + node), first, GROUP,
                Duration.ofMillis(1_500), Duration.ofMillis(3_000))); // machines that test are starved
        logs.put(node, log);
        log.onRole(role -> roles.put(node, role));
    }

    private void openAll(int... nodes) throws IOException {
        for (int node : nodes) {
            open(node, voters(nodes));
        }
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofMillis(NEVER_MS).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            LockSupport.parkNanos(10_000_000);
        }
    }

    /** The node that leads, once all other members that run know it. */
    private int leader() {
        await(() -> {
            var leaders = roles.entrySet().stream().filter(role -> role.getValue().leader()).toList();
            return leaders.size() == 1 && logs.get(leaders.getFirst().getKey()).members().stream()
                    .map(Member::nodeId)
                    .filter(logs::containsKey)
                    .allMatch(node -> roles.containsKey(node)
                            && roles.get(node).leaderId() == leaders.getFirst().getKey());
        });
        return roles.entrySet().stream().filter(role -> role.getValue().leader()).findFirst().orElseThrow().getKey();
    }

    private void append(long offset, String text) throws Exception {
        int leader = leader();
        assertThat(get(logs.get(leader).append(roles.get(leader).term(), offset, payloads(text))))
                .isEqualTo(new Appended(offset));
    }

    private void changeMembers(Set<Member> members) throws Exception {
        get(logs.get(leader()).changeMembers(members));
        await(() -> logs.get(leader()).members().equals(members));
    }

    /** Heartbeats are 750 ms apart here. */
    @Test
    void followersLearnOfACommitWithoutWaitingForAHeartbeat() throws Exception {
        // Given
        openAll(1, 2, 3);
        append(0, "first");
        long begin = System.nanoTime();
        // When
        for (int offset = 1; offset <= 20; offset++) {
            append(offset, "next");
            for (RaftMetadataLog log : logs.values()) {
                read(log, offset, offset + 1L);
            }
        }
        // Then
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofMillis(20 * 375));
    }

    @Test
    void everyNodeReadsWhatTheLeaderAppendedAndKnowsWhoItIs() throws Exception {
        // Given
        openAll(1, 2, 3);
        // When
        append(0, "a");
        append(1, "b");
        // Then
        for (RaftMetadataLog log : logs.values()) {
            assertThat(read(log, 0, 2)).containsExactly("0 a", "1 b");
            assertThat(log.members()).isEqualTo(voters(1, 2, 3));
        }
    }

    @Test
    void anotherNodeLeadsWhenTheLeaderIsGoneAndItComesBackAsAFollower() throws Exception {
        // Given
        openAll(1, 2, 3);
        append(0, "a");
        int first = leader();
        // When
        close(first);
        append(1, "b");
        // Then
        assertThat(leader()).isNotEqualTo(first);
        open(first, voters(1, 2, 3));
        assertThat(read(logs.get(first), 0, 2)).containsExactly("0 a", "1 b");
        append(2, "c");
        assertThat(read(logs.get(first), 2, 3)).containsExactly("2 c");
    }

    @Test
    void aNodeThatMissedWhatSnapshotsReplacedGetsTheSnapshot() throws Exception {
        // Given
        openAll(1, 2, 3);
        append(0, "a");
        int away = leader() % 3 + 1;
        assertThat(read(logs.get(away), 0, 1)).containsExactly("0 a");
        close(away);
        // When
        String much = "x".repeat(3_000_000); // a snapshot takes away whole segments only
        for (int offset = 1; offset < 10; offset++) {
            append(offset, much);
        }
        append(10, "small");
        for (RaftMetadataLog log : logs.values()) {
            read(log, 0, 11);
            get(log.snapshot(new Snapshot(9, bytes("all"))));
        }
        open(away, voters(1, 2, 3));
        append(11, "later");
        // Then
        assertThat(read(logs.get(away), 0, 12)).endsWith("snapshot 9 all", "10 small", "11 later");
        close(away);
        open(away, voters(1, 2, 3));
        assertThat(read(logs.get(away), 0, 12)).containsExactly("snapshot 9 all", "10 small", "11 later");
    }

    @Test
    void aNodeThatIsNoVoterListensFromWhenItIsAddedAndStaysWhenLeadersChange() throws Exception {
        // Given
        openAll(1, 2, 3);
        append(0, "a");
        open(4, voters(1, 2, 3));
        var members = voters(1, 2, 3);
        members.add(member(4, false));
        // When
        changeMembers(members);
        // Then
        assertThat(read(logs.get(4), 0, 1)).containsExactly("0 a");
        close(leader());
        append(1, "b");
        assertThat(read(logs.get(4), 0, 2)).containsExactly("0 a", "1 b");
        LockSupport.parkNanos(Duration.ofMillis(4_000).toNanos()); // longer than any election time-out
        append(2, "c");
        assertThat(read(logs.get(4), 2, 3)).containsExactly("2 c");
    }

    @Test
    void oneVoterBecomesThreeThenFiveThenThree() throws Exception {
        // Given
        openAll(1);
        append(0, "a");
        // When: listeners that have caught up, then voters, one at a time
        for (int node = 2; node <= 5; node++) {
            open(node, voters(1));
            var members = new HashSet<>(logs.get(leader()).members());
            members.add(member(node, false));
            changeMembers(members);
            members.remove(member(node, false));
            members.add(member(node, true));
            changeMembers(members);
            append(node - 1, "with " + node);
        }
        // Then
        assertThat(logs.get(5).members()).isEqualTo(voters(1, 2, 3, 4, 5));
        assertThat(read(logs.get(5), 0, 5)).containsExactly("0 a", "1 with 2", "2 with 3", "3 with 4", "4 with 5");
        // When: two of them listen only, though one of them leads perhaps
        var fewer = voters(1, 2, 3);
        fewer.add(member(5, true));
        fewer.add(member(4, false));
        changeMembers(fewer);
        fewer.remove(member(5, true));
        fewer.add(member(5, false));
        changeMembers(fewer);
        append(5, "fewer");
        // Then
        for (RaftMetadataLog log : logs.values()) {
            assertThat(read(log, 5, 6)).containsExactly("5 fewer");
        }
        close(leader());
        append(6, "still");
        assertThat(read(logs.get(4), 6, 7)).containsExactly("6 still");
        assertThat(read(logs.get(5), 6, 7)).containsExactly("6 still");
    }
}
