package dev.sampo.cluster.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** {@code cluster quorum}. */
@Command(name = "quorum", description = "Who keeps the metadata: the leader, the voters, the observers, and how far each is behind.")
final class QuorumCommand extends ClientCommand {
    QuorumCommand(Terminal terminal) {
        super(terminal);
    }

    /**
     * One member.
     *
     * @param role leader, voter or observer
     * @param logEndOffset null when not known
     * @param lag entries behind the leader, null when not known
     * @param lastFetchAgoMs since it last fetched, null when not known and for the leader
     * @param endpoints where a voter is reached by the others
     */
    record Member(
            int node, String role, @Nullable Long logEndOffset, @Nullable Long lag, @Nullable Long lastFetchAgoMs,
            List<String> endpoints) {}

    @Override
    public Integer call() {
        return withAdmin(admin -> {
            QuorumInfo quorum = Failures.await(admin.describeMetadataQuorum().quorumInfo(), "the metadata quorum");
            List<Member> members = members(quorum, System.currentTimeMillis());
            output.rows(terminal, members, member -> Integer.toString(member.node()));
            return ExitCode.OK;
        });
    }

    /** The leader first, then voters, then observers, by id. */
    static List<Member> members(QuorumInfo quorum, long nowMs) {
        long end = Stream.concat(quorum.voters().stream(), quorum.observers().stream())
                .filter(state -> state.replicaId() == quorum.leaderId())
                .mapToLong(QuorumInfo.ReplicaState::logEndOffset)
                .findFirst()
                .orElse(-1);
        var members = new ArrayList<Member>();
        quorum.voters().forEach(state -> members.add(
                member(quorum, state, state.replicaId() == quorum.leaderId() ? "leader" : "voter", end, nowMs)));
        quorum.observers().forEach(state -> members.add(member(quorum, state, "observer", end, nowMs)));
        members.sort(Comparator.comparing((Member member) -> member.role().equals("observer"))
                .thenComparing(member -> !member.role().equals("leader"))
                .thenComparingInt(Member::node));
        return members;
    }

    private static Member member(QuorumInfo quorum, QuorumInfo.ReplicaState state, String role, long end, long nowMs) {
        Long offset = state.logEndOffset() < 0 ? null : Long.valueOf(state.logEndOffset());
        Long ago = state.lastFetchTimestamp().isPresent()
                ? Long.valueOf(Math.max(0, nowMs - state.lastFetchTimestamp().getAsLong()))
                : null;
        QuorumInfo.Node node = quorum.nodes().get(state.replicaId());
        List<String> endpoints = node == null
                ? List.of()
                : node.endpoints().stream().map(each -> each.host() + ":" + each.port()).collect(Collectors.toList());
        return new Member(
                state.replicaId(), role, offset, offset == null || end < 0 ? null : Long.valueOf(Math.max(0, end - offset)), ago,
                endpoints);
    }
}
