package dev.sampo.tests.oracle.group;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.CommitOffsets;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeat;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeatReply;
import dev.sampo.actors.protocol.Group.FetchOffsets;
import dev.sampo.actors.protocol.Group.Join;
import dev.sampo.actors.protocol.Group.JoinReply;
import dev.sampo.actors.protocol.Group.LeavingMember;
import dev.sampo.actors.protocol.Group.OffsetToCommit;
import dev.sampo.actors.protocol.Group.Protocol;
import dev.sampo.group.consumer.ConsumerGroupSettings;
import dev.sampo.group.consumer.MigrationPolicy;
import dev.sampo.group.coordinator.GroupSettings;
import dev.sampo.tests.oracle.group.KafkaTopics.KafkaTopic;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.group.classic.ClassicGroup;
import org.apache.kafka.coordinator.group.classic.ClassicGroupMember;
import org.jspecify.annotations.Nullable;

/**
 * A history of one group whose clients speak the classic protocol or the consumer protocol and change from one to the other
 * (KIP-848): six clients that mostly do what Kafka's do, topics, operators, time and failovers. Its steps come from a seed and
 * do not depend on the answers, so that a failing history can be made shorter.
 */
final class MixedHistory {
    enum Kind {
        /** The client does what is next for it. */
        GO_ON,
        /** It starts again and speaks the other protocol. */
        SWITCH, START_AGAIN, LEAVE, SUBSCRIBE, WRONG, COMMIT, FETCH, REMOVE_MEMBERS, PASS, CREATE_TOPIC, DELETE_TOPIC, ADD_PARTITION, FAIL_OVER,
        DELETE_GROUP
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
        boolean classic;
        boolean eager; // of the classic protocol: gives everything up before it joins
        int starts;
        String memberId = "";
        List<String> topics = List.of("t");
        final Map<Uuid, Set<Integer>> owned = new HashMap<>();

        // of the consumer protocol
        int memberEpoch;
        Map<Uuid, Set<Integer>> assigned = Map.of();
        boolean saysAll = true;

        // of the classic protocol
        int generationId = -1;
        @Nullable String protocolName;
        List<Group.JoinedMember> toAssign = List.of(); // when it leads
        boolean hasToJoin = true;
        boolean hasToSync;
        final Set<Long> joins = new HashSet<>(); // waiting
        final Set<Long> syncs = new HashSet<>();

        Client(int number, @Nullable String instanceId) {
            this.number = number;
            this.instanceId = instanceId;
        }

        void startAgain(boolean speaksClassic) {
            starts++;
            classic = speaksClassic;
            memberId = classic ? "" : "member-" + number + "-" + starts;
            joins.clear();
            syncs.clear();
            begin();
        }

        /** It has lost everything and has to join. */
        void begin() {
            owned.clear();
            memberEpoch = 0;
            assigned = Map.of();
            saysAll = true;
            generationId = -1;
            hasToJoin = true;
            hasToSync = false;
            toAssign = List.of();
        }
    }

    private static final int CLIENTS = 6;
    private static final List<String> TOPICS = List.of("t", "u");
    private static final int[] SESSIONS_MS = {10_000, 30_000, 45_000};
    private static final int[] REBALANCES_MS = {15_003, 60_017, 300_007};

    private final GroupSettings settings;
    private final Comparison both;
    private final ClassicGuards guards;
    private final Counters reached;
    private final List<Client> clients = new ArrayList<>();
    private int topicsCreated;

    private MixedHistory(long seed, Counters reached) {
        var random = new Random(seed);
        this.reached = reached;
        settings = settings(random);
        both = new Comparison(settings, reached);
        guards = new ClassicGuards(both, settings.maxSize());
        boolean classicFirst = random.nextInt(4) != 0;
        for (int i = 0; i < CLIENTS; i++) {
            var client = new Client(i, i == 0 ? "box-a" : i == 1 ? "box-b" : null);
            client.eager = random.nextBoolean();
            client.startAgain(classicFirst ? random.nextInt(5) != 0 : random.nextBoolean());
            clients.add(client);
        }
        createTopic("t", random);
        if (random.nextBoolean()) {
            createTopic("u", random);
        }
    }

    private static GroupSettings settings(Random random) {
        MigrationPolicy[] policies = MigrationPolicy.values();
        MigrationPolicy policy = random.nextInt(6) == 0 ? policies[random.nextInt(policies.length)] : MigrationPolicy.BIDIRECTIONAL;
        int classicMaxSize = random.nextInt(12) == 0 ? 2 : Integer.MAX_VALUE;
        var consumer = new ConsumerGroupSettings(
                45_000, 45_000, 60_000, 5000, 5000, 15_000, 15_000, Integer.MAX_VALUE, random.nextBoolean() ? 0 : 1000, 0, 0, 15_000, 600_000,
                policy, SampoGroup.IN_ORDER.assignors());
        return new GroupSettings(
                6000, 1_800_000, random.nextInt(3) == 0 ? 3000 : 0, 0, 0, classicMaxSize, 300_000, 3_600_000, 600_000, 100, 50, 3, 104_857_600,
                5000, 5_242_880, 524_288, consumer);
    }

    // ---- steps

    /** The steps of a seed. */
    static List<Step> steps(long seed) {
        var random = new Random(seed ^ 0x5eed);
        var steps = new ArrayList<Step>();
        for (int scene = 2 + random.nextInt(4); scene > 0; scene--) {
            switch (random.nextInt(6)) {
                case 0, 1 -> work(random, steps, members(random));
                case 2, 3 -> roll(random, steps);
                default -> disorder(random, steps);
            }
        }
        return List.copyOf(steps);
    }

    private static List<Integer> members(Random random) {
        var members = new ArrayList<Integer>();
        for (int who = 0; who < CLIENTS; who++) {
            if (random.nextInt(3) != 0) {
                members.add(who);
            }
        }
        return members;
    }

    /** Some clients are there and do what is next; now and then something happens. */
    private static void work(Random random, List<Step> steps, List<Integer> members) {
        for (int round = 3 + random.nextInt(8); round > 0; round--) {
            members.forEach(who -> steps.add(step(random, Kind.GO_ON, who, 0)));
            if (random.nextInt(3) == 0) {
                steps.add(any(random));
            }
            steps.add(step(random, Kind.PASS, 0, random.nextInt(3) == 0 ? 3100 : 500 + random.nextInt(4000)));
        }
    }

    /** One client after the other is started again with the other protocol. */
    private static void roll(Random random, List<Step> steps) {
        List<Integer> members = members(random);
        work(random, steps, members);
        for (int who : members) {
            if (random.nextInt(4) != 0) {
                steps.add(step(random, Kind.LEAVE, who, 0));
            }
            steps.add(step(random, Kind.SWITCH, who, 0));
            for (int round = 1 + random.nextInt(5); round > 0; round--) {
                members.forEach(each -> steps.add(step(random, Kind.GO_ON, each, 0)));
                steps.add(step(random, Kind.PASS, 0, 200 + random.nextInt(3000)));
            }
        }
    }

    private static void disorder(Random random, List<Step> steps) {
        for (int i = 5 + random.nextInt(25); i > 0; i--) {
            steps.add(any(random));
        }
    }

    private static Step any(Random random) {
        int what = random.nextInt(100);
        int who = random.nextInt(CLIENTS);
        if (what < 50) {
            return step(random, Kind.GO_ON, who, 0);
        } else if (what < 56) {
            return step(random, Kind.SWITCH, who, 0);
        } else if (what < 59) {
            return step(random, Kind.START_AGAIN, who, 0);
        } else if (what < 63) {
            return step(random, Kind.LEAVE, who, 0);
        } else if (what < 67) {
            return step(random, Kind.SUBSCRIBE, who, 0);
        } else if (what < 72) {
            return step(random, Kind.WRONG, who, 0);
        } else if (what < 77) {
            return step(random, Kind.COMMIT, who, 0);
        } else if (what < 79) {
            return step(random, Kind.FETCH, who, 0);
        } else if (what < 81) {
            return step(random, Kind.REMOVE_MEMBERS, who, 0);
        } else if (what < 82) {
            return step(random, Kind.CREATE_TOPIC, who, 0);
        } else if (what < 83) {
            return step(random, Kind.DELETE_TOPIC, who, 0);
        } else if (what < 85) {
            return step(random, Kind.ADD_PARTITION, who, 0);
        } else if (what < 87) {
            return step(random, Kind.FAIL_OVER, who, 0);
        } else if (what < 88) {
            return step(random, Kind.DELETE_GROUP, who, 0);
        }
        int[] scales = {1000, 3100, 7000, 12_000, 20_000, 50_000};
        return step(random, Kind.PASS, who, 1 + random.nextInt(scales[random.nextInt(scales.length)]));
    }

    private static Step step(Random random, Kind kind, int who, long ms) {
        return new Step(kind, who, random.nextInt(), ms);
    }

    /** How a history ended. */
    record Outcome(@Nullable String difference, String trace) {}

    /** Runs these steps with the settings and clients of the seed. */
    static Outcome run(long seed, List<Step> steps, Counters reached) {
        var history = new MixedHistory(seed, reached);
        for (Step step : steps) {
            if (history.both.difference() != null || history.both.leftToChance()) {
                break;
            }
            history.take(step);
        }
        return new Outcome(history.both.difference(), history.both.trace());
    }

    private void take(Step step) {
        var random = new Random(step.how());
        Client client = clients.get(step.who());
        hear(both.pass(1)); // no two members are late in the same millisecond
        if (both.leftToChance() || both.difference() != null) {
            return;
        }
        switch (step.kind()) {
            case GO_ON -> goOn(client, random);
            case SWITCH -> {
                client.startAgain(!client.classic);
                reached.hit(client.classic ? "back to classic" : "on to consumer");
            }
            case START_AGAIN -> client.startAgain(client.classic);
            case LEAVE -> leave(client, random);
            case SUBSCRIBE -> {
                client.topics = random.nextBoolean() ? List.of("t") : List.of("t", "u");
                client.saysAll = true;
                client.hasToJoin |= client.classic && client.joins.isEmpty();
            }
            case WRONG -> wrong(client, random);
            case COMMIT -> commit(client, random);
            case FETCH -> ask(client.classic
                    ? new FetchOffsets(Comparison.GROUP, null, false)
                    : new FetchOffsets(Comparison.GROUP, client.memberId, client.memberEpoch - random.nextInt(2), null, false));
            case REMOVE_MEMBERS -> removeMembers(random);
            case PASS -> hear(both.pass(step.ms()));
            case CREATE_TOPIC -> createTopic(TOPICS.get(random.nextInt(2)), random);
            case DELETE_TOPIC -> both.topics(both.topics().without(TOPICS.get(random.nextInt(2))));
            case ADD_PARTITION -> addPartition(TOPICS.get(random.nextInt(2)));
            case FAIL_OVER -> {
                both.failOver(random.nextLong());
                for (Client each : clients) { // their connections broke
                    each.hasToJoin |= !each.joins.isEmpty() || !each.syncs.isEmpty();
                    each.joins.clear();
                    each.syncs.clear();
                }
                reached.hit("failover");
            }
            case DELETE_GROUP -> ask(new Group.DeleteGroup(Comparison.GROUP));
        }
    }

    // ---- topics

    private void createTopic(String name, Random random) {
        if (!both.topics().byName().containsKey(name)) {
            var racks = new ArrayList<List<String>>();
            for (int partition = random.nextInt(5); partition >= 0; partition--) {
                racks.add(List.of());
            }
            both.topics(both.topics().with(new KafkaTopic(name, new Uuid(7L * ++topicsCreated, topicsCreated), List.copyOf(racks))));
        }
    }

    private void addPartition(String name) {
        KafkaTopic topic = both.topics().byName().get(name);
        if (topic != null) {
            var racks = new ArrayList<>(topic.racks());
            racks.add(List.of());
            both.topics(both.topics().with(new KafkaTopic(name, topic.id(), List.copyOf(racks))));
        }
    }

    // ---- what is next for a client

    private void goOn(Client client, Random random) {
        if (!client.classic) {
            beat(client, random);
        } else if (!client.joins.isEmpty() || !client.syncs.isEmpty()) {
            reached.hit("waits");
        } else if (client.hasToJoin) {
            join(client, client.memberId, random);
        } else if (client.hasToSync) {
            sync(client, random);
        } else {
            ask(new Group.Heartbeat(Comparison.GROUP, client.generationId, client.memberId, client.instanceId));
            KafkaError error = answer(Group.HeartbeatReply.class).error();
            if (error == KafkaError.REBALANCE_IN_PROGRESS) {
                client.hasToJoin = true;
            } else if (error != KafkaError.NONE) {
                lost(client, error);
            }
        }
    }

    private static void lost(Client client, KafkaError error) {
        if (error == KafkaError.UNKNOWN_MEMBER_ID || error == KafkaError.FENCED_INSTANCE_ID) {
            client.memberId = "";
        }
        client.begin();
    }

    private <R> R answer(Class<R> type) {
        return type.cast(Objects.requireNonNull(last.get(both.lastRequestId()), "no answer"));
    }

    private Map<Long, Group.Reply> last = Map.of(); // answers to the last request

    private void ask(Group.Request<?> request) {
        last = both.ask(request);
        hear(last);
    }

    // ---- the classic protocol

    private void join(Client client, String memberId, Random random) {
        if (client.eager || client.generationId < 0) {
            client.owned.clear();
        }
        String id = both.isEmptyOfConsumers() ? "" : memberId; // else listed: unknown-id-joins-empty-consumer-group
        List<Protocol> protocols = protocols(client);
        if (id.isEmpty() && client.instanceId != null && guards.keepOutOfJoin(client.instanceId, protocols)) {
            return;
        }
        long requestId = both.lastRequestId() + 1;
        client.joins.add(requestId);
        client.hasToJoin = false;
        ask(new Join(
                Comparison.GROUP, id, client.instanceId, client.instanceId == null ? "client" : "client-of-" + client.instanceId, "/127.0.0.1",
                SESSIONS_MS[client.number % 3] + 37 * (int) requestId, REBALANCES_MS[client.number % 3], "consumer", protocols, true,
                random.nextBoolean()));
    }

    private List<Protocol> protocols(Client client) {
        var owned = new ArrayList<TopicPartition>();
        for (KafkaTopic topic : both.topics().byName().values()) {
            client.owned.getOrDefault(topic.id(), Set.of()).stream().sorted()
                    .forEach(partition -> owned.add(new TopicPartition(topic.name(), partition)));
        }
        byte[] metadata = Utils.toArray(ConsumerProtocol.serializeSubscription(new ConsumerPartitionAssignor.Subscription(
                client.topics, null, owned, client.generationId, Optional.empty())));
        var range = new Protocol("range", metadata);
        return client.eager ? List.of(range) : List.of(new Protocol("cooperative-sticky", metadata), range);
    }

    private void sync(Client client, Random random) {
        Map<String, byte[]> assignments = assignments(client.toAssign, random);
        client.syncs.add(both.lastRequestId() + 1);
        client.hasToSync = false;
        ask(new Group.Sync(
                Comparison.GROUP, client.generationId, client.memberId, client.instanceId, "consumer", client.protocolName, assignments));
    }

    /** Each topic's partitions in turn to those that want it; now and then with data of the assignor's own. */
    private Map<String, byte[]> assignments(List<Group.JoinedMember> members, Random random) {
        var byMember = new TreeMap<String, List<TopicPartition>>();
        var wanted = new TreeMap<String, List<String>>();
        for (Group.JoinedMember member : members) {
            byMember.put(member.memberId(), new ArrayList<>());
            wanted.put(member.memberId(), ConsumerProtocol.deserializeSubscription(ByteBuffer.wrap(member.metadata())).topics());
        }
        for (KafkaTopic topic : both.topics().byName().values()) {
            List<String> takers = wanted.keySet().stream().filter(memberId -> wanted.get(memberId).contains(topic.name())).toList();
            for (int partition = 0; partition < topic.partitionCount() && !takers.isEmpty(); partition++) {
                byMember.get(takers.get(partition % takers.size())).add(new TopicPartition(topic.name(), partition));
            }
        }
        boolean ownData = random.nextInt(30) == 0;
        var assignments = new HashMap<String, byte[]>();
        byMember.forEach((memberId, partitions) -> assignments.put(memberId, Utils.toArray(ConsumerProtocol.serializeAssignment(
                new ConsumerPartitionAssignor.Assignment(partitions, ownData ? ByteBuffer.wrap(new byte[] {1}) : null)))));
        return assignments;
    }

    private void hear(Map<Long, Group.Reply> answers) {
        for (Client client : clients) {
            answers.forEach((requestId, reply) -> {
                if (client.joins.remove(requestId)) {
                    joined(client, (JoinReply) reply);
                } else if (client.syncs.remove(requestId)) {
                    synced(client, (Group.SyncReply) reply);
                }
            });
        }
    }

    private static void joined(Client client, JoinReply reply) {
        switch (reply.error()) {
            case NONE -> {
                client.memberId = reply.memberId();
                client.generationId = reply.generationId();
                client.protocolName = reply.protocolName();
                client.toAssign = reply.skipAssignment() ? List.of() : reply.members();
                client.hasToSync = true;
            }
            case MEMBER_ID_REQUIRED -> {
                client.memberId = reply.memberId();
                client.hasToJoin = true;
            }
            case UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID -> lost(client, reply.error());
            default -> client.hasToJoin = true;
        }
    }

    private void synced(Client client, Group.SyncReply reply) {
        if (reply.error() == KafkaError.REBALANCE_IN_PROGRESS) {
            client.hasToJoin = true;
            return;
        } else if (reply.error() != KafkaError.NONE) {
            lost(client, reply.error());
            return;
        }
        Map<Uuid, Set<Integer>> assigned = new HashMap<>();
        if (reply.assignment().length > 0) {
            ConsumerProtocol.deserializeAssignment(ByteBuffer.wrap(reply.assignment())).partitions().forEach(partition -> {
                KafkaTopic topic = both.topics().byName().get(partition.topic());
                if (topic != null) {
                    assigned.computeIfAbsent(topic.id(), id -> new HashSet<>()).add(partition.partition());
                }
            });
        }
        boolean givesUp = client.owned.entrySet().stream()
                .anyMatch(topic -> !assigned.getOrDefault(topic.getKey(), Set.of()).containsAll(topic.getValue()));
        client.owned.clear();
        client.owned.putAll(assigned);
        client.hasToJoin = givesUp && !client.eager; // says that it has given up
    }

    // ---- the consumer protocol

    private void beat(Client client, Random random) {
        ClassicGroup classic = both.group();
        if (client.memberEpoch == 0 && classic != null && (hasNewcomers(classic) || waitsForARefusal(classic))) {
            return;
        }
        if (random.nextInt(4) != 0) {
            client.owned.clear();
            client.assigned.forEach((topic, partitions) -> client.owned.put(topic, new HashSet<>(partitions)));
        }
        boolean joins = client.memberEpoch == 0;
        boolean all = joins || client.saysAll;
        Map<Uuid, Set<Integer>> owned = new HashMap<>();
        client.owned.forEach((topic, partitions) -> owned.put(topic, Set.copyOf(partitions)));
        var request = new ConsumerGroupHeartbeat(
                Comparison.GROUP, client.memberId, client.memberEpoch, client.instanceId, null, all ? REBALANCES_MS[client.number % 3] : -1,
                all ? client.topics : null, null, null, joins ? Map.of() : owned,
                client.instanceId == null ? "client" : "client-of-" + client.instanceId, "/127.0.0.1", true);
        if (both.keepOutOf(request)) {
            return;
        }
        ask(request);
        ConsumerGroupHeartbeatReply reply = answer(ConsumerGroupHeartbeatReply.class);
        switch (reply.error()) {
            case NONE -> {
                client.saysAll = false;
                client.memberEpoch = reply.memberEpoch();
                if (reply.assignment() != null) {
                    client.assigned = reply.assignment();
                }
            }
            case FENCED_MEMBER_EPOCH, UNKNOWN_MEMBER_ID, GROUP_ID_NOT_FOUND -> client.begin();
            default -> client.saysAll = true;
        }
    }

    /** Listed: upgrade-in-first-rebalance. Somebody has no metadata for the protocol of this generation. */
    private static boolean hasNewcomers(ClassicGroup group) {
        return group.allMembers().stream().anyMatch(member -> group.protocolName()
                .map(protocol -> member.supportedProtocols().find(protocol) == null)
                .orElse(true));
    }

    /** Listed: refused-upgrade. Somebody waits, and there is data of an assignor's own. */
    private static boolean waitsForARefusal(ClassicGroup group) {
        return group.allMembers().stream().anyMatch(member -> member.isAwaitingJoin() || member.isAwaitingSync())
                && group.allMembers().stream().map(ClassicGroupMember::assignment).filter(bytes -> bytes.length > 0)
                        .map(bytes -> ConsumerProtocol.deserializeAssignment(ByteBuffer.wrap(bytes)).userData())
                        .anyMatch(data -> data != null && data.hasRemaining());
    }

    // ---- what is sometimes done

    private void leave(Client client, Random random) {
        if (client.classic) {
            boolean byInstance = client.instanceId != null && random.nextBoolean();
            var leaving = List.of(new LeavingMember(byInstance ? "" : client.memberId, client.instanceId));
            if (!client.memberId.isEmpty() && !guards.onlyPending(leaving)) {
                ask(new Group.Leave(Comparison.GROUP, leaving));
                client.startAgain(true);
            }
            return;
        }
        boolean returns = client.instanceId != null && random.nextBoolean();
        ask(new ConsumerGroupHeartbeat(
                Comparison.GROUP, client.memberId, returns ? -2 : -1, client.instanceId, null, -1, null, null, null, null, "client",
                "/127.0.0.1", true));
        client.startAgain(false);
    }

    /** Requests of a client that is mistaken about itself. */
    private void wrong(Client client, Random random) {
        Client other = clients.get(random.nextInt(CLIENTS));
        int generationId = random.nextBoolean() ? client.generationId : client.generationId + random.nextInt(3) - 1;
        String memberId = random.nextInt(3) == 0 ? "ghost" : random.nextBoolean() ? other.memberId : client.memberId;
        String instanceId = random.nextInt(4) == 0 ? other.instanceId : client.instanceId;
        switch (random.nextInt(4)) {
            case 0 -> ask(new Group.Heartbeat(Comparison.GROUP, generationId, memberId, instanceId));
            case 1 -> {
                if (client.joins.isEmpty() && client.syncs.isEmpty() && other.syncs.isEmpty()) {
                    ask(new Group.Sync(
                            Comparison.GROUP, generationId, memberId, instanceId, random.nextInt(4) == 0 ? "sr" : "consumer",
                            random.nextInt(4) == 0 ? "own" : client.protocolName, Map.of()));
                }
            }
            case 2 -> {
                if (both.group() == null && both.exists() && !both.isEmptyOfConsumers()) {
                    ask(new Join(
                            Comparison.GROUP, client.classic ? client.memberId : "", client.instanceId, "client", "/127.0.0.1", 10_000, 15_003,
                            random.nextBoolean() ? "sr" : "consumer",
                            random.nextInt(3) == 0 ? List.of() : List.of(new Protocol("own", new byte[] {0})), true, true));
                }
            }
            default -> ask(new ConsumerGroupHeartbeat(
                    Comparison.GROUP, "ghost", 1 + random.nextInt(3), null, null, -1, null, null, null, Map.of(), "client", "/127.0.0.1",
                    true));
        }
    }

    /** As administrators' tools do. */
    private void removeMembers(Random random) {
        var leaving = new ArrayList<LeavingMember>();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            Client client = clients.get(random.nextInt(CLIENTS));
            boolean byInstance = client.instanceId != null && random.nextBoolean();
            if (byInstance || !client.memberId.isEmpty()) {
                leaving.add(new LeavingMember(byInstance ? "" : client.memberId, byInstance ? client.instanceId : null));
            }
        }
        if (!leaving.isEmpty() && !guards.onlyPending(leaving)) {
            ask(new Group.Leave(Comparison.GROUP, List.copyOf(leaving)));
        }
    }

    private void commit(Client client, Random random) {
        var offsets = new ArrayList<OffsetToCommit>();
        for (KafkaTopic topic : both.topics().byName().values()) {
            var partitions = new HashSet<>(client.owned.getOrDefault(topic.id(), Set.of()));
            partitions.add(0);
            partitions.forEach(partition -> offsets.add(new OffsetToCommit(
                    topic.name(), topic.id(), partition, random.nextInt(1000), -1, "")));
        }
        int epoch = client.classic ? client.generationId : client.memberEpoch;
        if (!offsets.isEmpty()) {
            ask(new CommitOffsets(
                    Comparison.GROUP, random.nextInt(4) == 0 ? epoch + random.nextInt(3) - 1 : epoch, client.memberId, client.instanceId,
                    random.nextInt(6) != 0, -1, List.copyOf(offsets)));
        }
    }
}
