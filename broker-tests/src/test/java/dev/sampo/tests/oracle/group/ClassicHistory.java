package dev.sampo.tests.oracle.group;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.CommitOffsets;
import dev.sampo.actors.protocol.Group.Join;
import dev.sampo.actors.protocol.Group.JoinReply;
import dev.sampo.actors.protocol.Group.LeavingMember;
import dev.sampo.actors.protocol.Group.NamedPartition;
import dev.sampo.actors.protocol.Group.OffsetToCommit;
import dev.sampo.actors.protocol.Group.Protocol;
import dev.sampo.actors.protocol.Group.TopicPartitions;
import dev.sampo.group.coordinator.GroupSettings;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * A history of one classic group: seven clients that mostly follow the protocol and sometimes do not, operators, time and
 * failovers. Its steps come from a seed and do not depend on the answers, so that a failing history can be made shorter.
 */
final class ClassicHistory {
    enum Kind {
        JOIN, SYNC, HEARTBEAT, LEAVE, COMMIT, ADMIN_COMMIT, FETCH, PASS, DELETE_GROUP, DELETE_OFFSETS, DELETE_TOPIC, FAIL_OVER
    }

    /**
     * One step.
     *
     * @param who number of the client
     * @param how seed of everything else about it
     * @param ms for PASS
     */
    record Step(Kind kind, int who, int how, long ms) {}

    /** What a client knows. */
    private static final class Client {
        final int number;
        final @Nullable String instanceId;
        final boolean old; // versions before member ids were required
        String memberId = "";
        int preference;
        int generationId = -1;
        @Nullable String protocolType;
        @Nullable String protocolName;
        List<String> toAssign = List.of(); // when it leads
        boolean synced;
        final Set<Long> joins = new HashSet<>(); // waiting
        final Set<Long> syncs = new HashSet<>();

        Client(int number, @Nullable String instanceId, boolean old) {
            this.number = number;
            this.instanceId = instanceId;
            this.old = old;
        }
    }

    private static final int CLIENTS = 7;
    private static final List<String> TOPICS = List.of("t", "u", "v");
    private static final int[] SESSIONS_MS = {6000, 10_000, 30_000, 45_000};
    private static final int[] REBALANCES_MS = {5003, 20_011, 60_017, 300_007};

    private final GroupSettings settings;
    private final Comparison both;
    private final ClassicGuards guards;
    private final Counters reached;
    private final List<Client> clients = new ArrayList<>();
    private final Map<String, Integer> topicVersions = new HashMap<>();
    private final String protocolType;
    private Map<Long, Group.Reply> last = Map.of(); // answers to the last request

    private ClassicHistory(long seed, Counters reached) {
        var random = new Random(seed);
        this.reached = reached;
        protocolType = random.nextInt(5) == 0 ? "connect" : "consumer";
        settings = settings(random);
        both = new Comparison(settings, reached);
        guards = new ClassicGuards(both, settings.maxSize());
        String[] instances = {"box-a", "box-b", "box-a", null, null, null, null};
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(new Client(i, instances[i], i == 3));
        }
    }

    private static GroupSettings settings(Random random) {
        int delayMs = random.nextInt(4) == 0 ? 0 : 3000;
        int maxSize = random.nextInt(6) == 0 ? 2 + random.nextInt(2) : Integer.MAX_VALUE;
        boolean soon = random.nextInt(3) == 0; // offsets expire
        return new GroupSettings(
                6000, 1_800_000, delayMs, 0, 0, maxSize, 300_000, soon ? 60_000 : 3_600_000, soon ? 15_000 : 600_000, 100, 50, 3,
                104_857_600, 5000, 5_242_880, 524_288, SampoGroup.IN_ORDER);
    }

    /** The steps of a seed. */
    static List<Step> steps(long seed) {
        var random = new Random(seed ^ 0x5eed);
        var steps = new ArrayList<Step>();
        int scenes = 2 + random.nextInt(5);
        for (int scene = 0; scene < scenes; scene++) {
            switch (random.nextInt(12)) {
                case 0, 1, 2, 3, 4 -> rebalance(random, steps);
                case 5, 6, 7, 8 -> disorder(random, steps);
                case 9, 10 -> {
                    rebalance(random, steps);
                    work(random, steps);
                }
                default -> {
                    steps.add(step(random, Kind.PASS, 0, 40_000 + random.nextInt(5_000_000)));
                    disorder(random, steps);
                }
            }
        }
        return List.copyOf(steps);
    }

    /** Some clients join, twice as they must, and sync; then work. */
    private static void rebalance(Random random, List<Step> steps) {
        var members = new ArrayList<Integer>();
        for (int who = 0; who < CLIENTS; who++) {
            if (random.nextInt(2) == 0) {
                members.add(who);
            }
        }
        for (int round = 0; round < 2; round++) {
            members.forEach(who -> steps.add(step(random, Kind.JOIN, who, 0)));
        }
        int[] delays = {0, 3000, 3001, 6001, 9001, 70_001};
        steps.add(step(random, Kind.PASS, 0, delays[random.nextInt(delays.length)]));
        if (random.nextInt(3) == 0) {
            steps.add(any(random));
        }
        members.forEach(who -> steps.add(step(random, Kind.SYNC, who, 0)));
        for (int i = random.nextInt(8); i > 0; i--) {
            Kind[] work = {Kind.HEARTBEAT, Kind.COMMIT, Kind.HEARTBEAT, Kind.COMMIT, Kind.FETCH, Kind.SYNC};
            int who = members.isEmpty() ? 0 : members.get(random.nextInt(members.size()));
            steps.add(step(random, work[random.nextInt(work.length)], who, 0));
            if (random.nextInt(3) == 0) {
                steps.add(step(random, Kind.PASS, 0, random.nextInt(5000)));
            }
        }
    }

    /** Minutes of quiet: everybody who is there stays there, now and then one starts again. */
    private static void work(Random random, List<Step> steps) {
        for (int round = random.nextInt(30); round > 0; round--) {
            for (int who = 0; who < CLIENTS; who++) {
                steps.add(step(random, Kind.HEARTBEAT, who, 0));
            }
            int what = random.nextInt(12);
            if (what < 4) {
                Kind[] kinds = {Kind.COMMIT, Kind.JOIN, Kind.FETCH, Kind.DELETE_OFFSETS};
                steps.add(step(random, kinds[what], random.nextInt(CLIENTS), 0));
            }
            steps.add(step(random, Kind.PASS, 0, 3000 + random.nextInt(2900)));
        }
    }

    private static void disorder(Random random, List<Step> steps) {
        for (int i = 3 + random.nextInt(20); i > 0; i--) {
            steps.add(any(random));
        }
    }

    private static Step any(Random random) {
        int what = random.nextInt(100);
        int who = random.nextInt(CLIENTS);
        if (what < 28) {
            return step(random, Kind.JOIN, who, 0);
        } else if (what < 42) {
            return step(random, Kind.SYNC, who, 0);
        } else if (what < 52) {
            return step(random, Kind.HEARTBEAT, who, 0);
        } else if (what < 60) {
            return step(random, Kind.LEAVE, who, 0);
        } else if (what < 67) {
            return step(random, Kind.COMMIT, who, 0);
        } else if (what < 70) {
            return step(random, Kind.ADMIN_COMMIT, who, 0);
        } else if (what < 74) {
            return step(random, Kind.FETCH, who, 0);
        } else if (what < 76) {
            return step(random, Kind.DELETE_GROUP, who, 0);
        } else if (what < 79) {
            return step(random, Kind.DELETE_OFFSETS, who, 0);
        } else if (what < 81) {
            return step(random, Kind.DELETE_TOPIC, who, 0);
        } else if (what < 83) {
            return step(random, Kind.FAIL_OVER, who, 0);
        }
        int[] scales = {100, 1000, 3000, 3000, 7000, 12_000, 70_000};
        return step(random, Kind.PASS, who, 1 + random.nextInt(scales[random.nextInt(scales.length)]));
    }

    private static Step step(Random random, Kind kind, int who, long ms) {
        return new Step(kind, who, random.nextInt(), ms);
    }

    /** How a history ended. */
    record Outcome(@Nullable String difference, String trace) {}

    /** Runs these steps with the settings and clients of the seed. */
    static Outcome run(long seed, List<Step> steps, Counters reached) {
        var history = new ClassicHistory(seed, reached);
        for (Step step : steps) {
            history.take(step);
            if (history.both.difference() != null || history.both.leftToChance()) {
                break;
            }
        }
        return new Outcome(history.both.difference(), history.both.trace());
    }

    private void take(Step step) {
        var random = new Random(step.how());
        Client client = clients.get(step.who());
        switch (step.kind()) {
            case JOIN -> join(client, random);
            case SYNC -> sync(client, random);
            case HEARTBEAT -> {
                if (client.generationId >= 0 || random.nextInt(10) == 0) {
                    ask(new Group.Heartbeat(Comparison.GROUP, generation(client, random), memberId(client, random), instance(client, random)));
                }
            }
            case LEAVE -> leave(client, random);
            case COMMIT -> commit(client, random);
            case ADMIN_COMMIT -> commit(new CommitOffsets(
                    Comparison.GROUP, -1, "", null, random.nextBoolean(), random.nextInt(4) == 0 ? 100_000 : -1, offsets(random)));
            case FETCH -> ask(new Group.FetchOffsets(Comparison.GROUP, random.nextBoolean()
                    ? null
                    : TOPICS.stream().map(topic -> new TopicPartitions(
                            topic, random.nextBoolean() ? topicId(topic) : Uuid.ZERO_UUID, List.of(0, 1))).toList(), true));
            case PASS -> heard(both.pass(step.ms()));
            case DELETE_GROUP -> ask(new Group.DeleteGroup(Comparison.GROUP));
            case DELETE_OFFSETS -> ask(new Group.DeleteOffsets(Comparison.GROUP, List.of(
                    new NamedPartition(TOPICS.get(random.nextInt(3)), 0), new NamedPartition(TOPICS.get(random.nextInt(3)), 1))));
            case DELETE_TOPIC -> {
                String topic = TOPICS.get(random.nextInt(3));
                both.deleteTopic(topic, topicId(topic));
                topicVersions.merge(topic, 1, Integer::sum);
                reached.hit("topic deleted");
            }
            case FAIL_OVER -> {
                both.failOver(step.how());
                for (Client each : clients) { // their connections broke
                    each.joins.clear();
                    each.syncs.clear();
                }
                reached.hit("failover");
            }
        }
    }

    /** The topic of this name that exists now. */
    private Uuid topicId(String topic) {
        return new Uuid(1, 10L * (1 + TOPICS.indexOf(topic)) + topicVersions.getOrDefault(topic, 0) * 100L);
    }

    // ---- requests

    private void join(Client client, Random random) {
        boolean waits = !client.joins.isEmpty();
        if (waits && random.nextInt(10) != 0) {
            return;
        }
        if (client.synced && random.nextInt(3) == 0) {
            return;
        }
        if (random.nextInt(6) == 0) {
            client.preference = random.nextInt(8);
        }
        String memberId = waits && client.memberId.isEmpty() ? "" : memberId(client, random);
        if (client.instanceId != null && random.nextInt(4) == 0) {
            memberId = ""; // it was started again
        }
        String instanceId = client.old ? null : instance(client, random);
        List<Protocol> protocols = protocols(client, random);
        if (protocols.isEmpty() && memberId.isEmpty() && both.group() == null) {
            return; // listed: refused-first-join
        }
        if (memberId.isEmpty() && instanceId != null && guards.keepOutOfJoin(instanceId, protocols)) {
            return;
        }
        ask(new Join(
                Comparison.GROUP, memberId, instanceId, instanceId == null ? "client" : "client-of-" + instanceId, "/127.0.0.1",
                sessionMs(client, random),
                REBALANCES_MS[random.nextInt(12) == 0 ? random.nextInt(4) : client.number % 3],
                random.nextInt(40) == 0 ? "sr" : protocolType, protocols, !client.old,
                !client.old && random.nextBoolean()));
        client.joins.add(both.lastRequestId());
        heardLast();
    }

    /** Different ones, so that members are seldom late at once: that ends a history (listed: late-at-once). */
    private int sessionMs(Client client, Random random) {
        return SESSIONS_MS[random.nextInt(12) == 0 ? random.nextInt(4) : client.number % 4] + 37 * (int) both.lastRequestId();
    }

    private List<Protocol> protocols(Client client, Random random) {
        byte[] metadata = protocolType.equals("consumer") && random.nextInt(30) != 0
                ? subscription(client.preference >= 6 ? List.of("t", "u") : List.of("t"))
                : new byte[] {(byte) client.preference};
        var range = new Protocol("range", metadata);
        var sticky = new Protocol("sticky", metadata);
        var cooperative = new Protocol("cooperative-sticky", metadata);
        if (random.nextInt(40) == 0) {
            return random.nextBoolean() ? List.of() : List.of(new Protocol("own", metadata));
        }
        return switch (client.preference % 4) {
            case 0 -> List.of(range, sticky);
            case 1 -> List.of(sticky, range);
            case 2 -> List.of(cooperative, range, sticky);
            default -> List.of(range);
        };
    }

    private static byte[] subscription(List<String> topics) {
        ByteBuffer buffer = ConsumerProtocol.serializeSubscription(new Subscription(topics));
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    private void sync(Client client, Random random) {
        boolean odd = random.nextInt(10) == 0;
        if (!odd && (client.generationId < 0 || !client.syncs.isEmpty())) {
            return;
        }
        var assignments = new HashMap<String, byte[]>();
        for (String memberId : client.toAssign) {
            if (random.nextInt(12) != 0) {
                assignments.put(memberId, new byte[] {(byte) client.generationId, (byte) assignments.size()});
            }
        }
        String type = random.nextInt(20) == 0 ? "sr" : random.nextInt(5) == 0 ? null : client.protocolType;
        String name = random.nextInt(20) == 0 ? "own" : random.nextInt(5) == 0 ? null : client.protocolName;
        ask(new Group.Sync(
                Comparison.GROUP, generation(client, random), memberId(client, random), instance(client, random), type, name, assignments));
        client.syncs.add(both.lastRequestId());
        heardLast();
    }

    private void leave(Client client, Random random) {
        var leaving = new ArrayList<LeavingMember>();
        int count = random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 1;
        for (int i = 0; i < count; i++) {
            Client each = i == 0 ? client : clients.get(random.nextInt(CLIENTS));
            boolean byInstance = each.instanceId != null && random.nextBoolean();
            leaving.add(new LeavingMember(
                    byInstance ? "" : memberId(each, random), byInstance ? each.instanceId : instance(each, random)));
            if (random.nextInt(3) != 0) {
                each.memberId = "";
                each.generationId = -1;
                each.synced = false;
            }
        }
        if (!guards.onlyPending(leaving)) {
            ask(new Group.Leave(Comparison.GROUP, List.copyOf(leaving)));
        }
    }

    private void commit(Client client, Random random) {
        if (client.generationId < 0 && random.nextInt(6) != 0) {
            return;
        }
        boolean withoutGeneration = random.nextInt(15) == 0;
        boolean modern = random.nextInt(4) != 0;
        commit(new CommitOffsets(
                Comparison.GROUP, withoutGeneration ? -1 : generation(client, random), memberId(client, random), instance(client, random),
                modern, !modern && random.nextInt(4) == 0 ? 100_000 : -1, offsets(random)));
    }

    private void commit(CommitOffsets request) {
        if (both.group() == null && request.offsets().stream().allMatch(each -> each.metadata().length() > settings.offsetMetadataMaxSize())) {
            return; // listed: refused-first-commit
        }
        ask(request);
    }

    private List<OffsetToCommit> offsets(Random random) {
        var offsets = new ArrayList<OffsetToCommit>();
        for (int i = 1 + random.nextInt(2); i > 0; i--) {
            String topic = TOPICS.get(random.nextInt(3));
            int partition = offsets.size();
            String metadata = random.nextInt(20) == 0 ? "x".repeat(101) : random.nextBoolean() ? "" : "m";
            offsets.add(new OffsetToCommit(
                    topic, topicId(topic), partition, random.nextInt(1000), random.nextBoolean() ? -1 : random.nextInt(5), metadata));
        }
        return List.copyOf(offsets);
    }

    // ---- what is mostly right and sometimes not

    private String memberId(Client client, Random random) {
        return switch (random.nextInt(50)) {
            case 0 -> "";
            case 1 -> "ghost";
            case 2 -> clients.get(random.nextInt(CLIENTS)).memberId;
            default -> client.memberId;
        };
    }

    private @Nullable String instance(Client client, Random random) {
        return switch (random.nextInt(70)) {
            case 0 -> null;
            case 1 -> "box-c";
            default -> client.instanceId;
        };
    }

    private int generation(Client client, Random random) {
        return random.nextInt(40) == 0 ? client.generationId + random.nextInt(3) - 1 : client.generationId;
    }

    // ---- answers

    private void ask(Group.Request<?> request) {
        last = both.ask(request);
        if (!(request instanceof Join) && !(request instanceof Group.Sync)) {
            heardLast();
        }
    }

    private void heardLast() {
        heard(last);
    }

    private void heard(Map<Long, Group.Reply> answers) {
        for (Client client : clients) {
            answers.forEach((requestId, reply) -> {
                if (client.joins.remove(requestId)) {
                    heard(client, (JoinReply) reply);
                } else if (client.syncs.remove(requestId)) {
                    KafkaError error = ((Group.SyncReply) reply).error();
                    client.synced = error == KafkaError.NONE;
                    forgetIfUnknown(client, error);
                }
            });
        }
    }

    private static void heard(Client client, JoinReply reply) {
        client.synced = false;
        if (reply.error() == KafkaError.NONE) {
            client.memberId = reply.memberId();
            client.generationId = reply.generationId();
            client.protocolType = reply.protocolType();
            client.protocolName = reply.protocolName();
            client.toAssign = reply.skipAssignment()
                    ? List.of()
                    : reply.members().stream().map(Group.JoinedMember::memberId).sorted().toList();
        } else if (reply.error() == KafkaError.MEMBER_ID_REQUIRED) {
            client.memberId = reply.memberId();
        } else {
            forgetIfUnknown(client, reply.error());
        }
    }

    private static void forgetIfUnknown(Client client, KafkaError error) {
        if (error == KafkaError.UNKNOWN_MEMBER_ID) {
            client.memberId = "";
            client.generationId = -1;
        }
    }
}
