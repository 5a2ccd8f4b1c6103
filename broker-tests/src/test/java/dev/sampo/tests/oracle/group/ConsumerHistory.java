package dev.sampo.tests.oracle.group;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.CommitOffsets;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeat;
import dev.sampo.actors.protocol.Group.ConsumerGroupHeartbeatReply;
import dev.sampo.actors.protocol.Group.FetchOffsets;
import dev.sampo.actors.protocol.Group.Join;
import dev.sampo.actors.protocol.Group.JoinReply;
import dev.sampo.actors.protocol.Group.NamedPartition;
import dev.sampo.actors.protocol.Group.OffsetToCommit;
import dev.sampo.actors.protocol.Group.Protocol;
import dev.sampo.actors.protocol.Group.TopicPartitions;
import dev.sampo.group.consumer.ConsumerGroupSettings;
import dev.sampo.group.consumer.MigrationPolicy;
import dev.sampo.group.coordinator.GroupSettings;
import dev.sampo.tests.oracle.group.KafkaTopics.KafkaTopic;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * A history of one consumer group (KIP-848): seven clients that mostly do what Kafka's own does and sometimes do not,
 * topics that come, grow and go, operators, time and failovers. Its steps come from a seed and do not depend on the
 * answers, so that a failing history can be made shorter.
 */
final class ConsumerHistory {
    enum Kind {
        HEARTBEAT, WRONG_HEARTBEAT, LEAVE, START_AGAIN, SUBSCRIBE, COMMIT, ADMIN_COMMIT, FETCH, PASS, DELETE_GROUP, DELETE_OFFSETS,
        REMOVE_MEMBERS, CREATE_TOPIC, DELETE_TOPIC, CHANGE_TOPIC, FAIL_OVER, CLASSIC_JOIN, CLASSIC_SYNC, CLASSIC_HEARTBEAT, CLASSIC_LEAVE
    }

    /**
     * One step.
     *
     * @param who number of the client
     * @param how seed of everything else about it
     * @param ms for PASS
     */
    record Step(Kind kind, int who, int how, long ms) {}

    /** What a consumer wants to read. A regular expression comes with an empty list of names, as in Kafka's client. */
    private record Wish(List<String> topics, String regex) {}

    /** What a client knows. */
    private static final class Client {
        final int number;
        final @Nullable String instanceId;
        String memberId;
        int starts;
        int memberEpoch;
        Wish wish;
        @Nullable String assignor;
        final Map<Uuid, Set<Integer>> owned = new HashMap<>();
        Map<Uuid, Set<Integer>> assigned = Map.of();
        @Nullable Wish sentWish;
        @Nullable Map<Uuid, Set<Integer>> sentOwned;

        Client(int number, @Nullable String instanceId, Wish wish) {
            this.number = number;
            this.instanceId = instanceId;
            this.memberId = "member-" + number + "-0";
            this.wish = wish;
        }

        void startAgain() {
            starts++;
            memberId = "member-" + number + "-" + starts;
            abandon();
        }

        /** It has lost everything and has to join. */
        void abandon() {
            memberEpoch = 0;
            owned.clear();
            assigned = Map.of();
            forgetSent();
        }

        /** It does not know what the coordinator has heard: the next request says everything. */
        void forgetSent() {
            sentWish = null;
            sentOwned = null;
        }
    }

    /** A client of the classic protocol, which comes to a group of either type. */
    private static final class Visitor {
        String memberId = "";
        int generationId = -1;
        List<String> toAssign = List.of(); // when it leads
        final Set<Long> waiting = new HashSet<>();

        void hear(Map<Long, Group.Reply> answers) {
            answers.forEach((requestId, reply) -> {
                if (!waiting.remove(requestId) || !(reply instanceof JoinReply join)) {
                    return;
                }
                if (join.error() == KafkaError.NONE || join.error() == KafkaError.MEMBER_ID_REQUIRED) {
                    memberId = join.memberId();
                    generationId = join.generationId();
                    toAssign = join.members().stream().map(Group.JoinedMember::memberId).sorted().toList();
                } else if (join.error() == KafkaError.UNKNOWN_MEMBER_ID) {
                    memberId = "";
                }
            });
        }
    }

    private static final int CLIENTS = 7;
    private static final List<String> TOPICS = List.of("t", "u", "v", "other");
    private static final List<String> RACKS = List.of("rack-a", "rack-b", "rack-c");
    private static final int[] REBALANCES_MS = {5003, 20_011, 60_017, 300_007};
    private static final byte[] SUBSCRIPTION =
            Utils.toArray(ConsumerProtocol.serializeSubscription(new ConsumerPartitionAssignor.Subscription(List.of("t"))));

    /** What members ask for. Mostly one of a kind, since a tie ends a history (listed: assignors-tie). */
    private static final List<List<@Nullable String>> ASSIGNORS = List.of(
            Arrays.asList((String) null), Arrays.asList(null, "uniform"), Arrays.asList("range", null), Arrays.asList("range", null, null),
            Arrays.asList("uniform", "range", "range", "range", null));

    private final GroupSettings settings;
    private final List<@Nullable String> assignors;
    private final Comparison both;
    private final Counters reached;
    private final List<Client> clients = new ArrayList<>();
    private final List<Visitor> visitors = List.of(new Visitor(), new Visitor());
    private int topicsCreated;

    private ConsumerHistory(long seed, Counters reached) {
        var random = new Random(seed);
        this.reached = reached;
        settings = settings(random);
        assignors = ASSIGNORS.get(random.nextInt(ASSIGNORS.size()));
        both = new Comparison(settings, reached);
        String[] instances = {"box-a", "box-b", random.nextInt(3) == 0 ? "box-a" : null, null, null, null, null};
        for (int i = 0; i < CLIENTS; i++) {
            var client = new Client(i, instances[i], wish(random));
            client.assignor = assignor(random);
            clients.add(client);
        }
        for (String topic : TOPICS) {
            if (random.nextInt(4) != 0) {
                createTopic(topic, random);
            }
        }
    }

    private static GroupSettings settings(Random random) {
        int[] intervalsMs = {0, 1000, 1000, 4000};
        int maxSize = random.nextInt(10) == 0 ? 2 + random.nextInt(2) : Integer.MAX_VALUE;
        boolean soon = random.nextInt(3) == 0; // offsets expire
        var consumer = new ConsumerGroupSettings(
                45_000, 45_000, 60_000, 5000, 5000, 15_000, 15_000, maxSize, intervalsMs[random.nextInt(intervalsMs.length)], 0, 0, 15_000,
                random.nextInt(3) == 0 ? 30_000 : 600_000, MigrationPolicy.DISABLED, SampoGroup.IN_ORDER.assignors());
        return new GroupSettings(
                6000, 1_800_000, 3000, 0, 0, Integer.MAX_VALUE, 300_000, soon ? 60_000 : 3_600_000, soon ? 15_000 : 600_000, 100, 50, 3,
                104_857_600, 5000, 5_242_880, 524_288, consumer);
    }

    // ---- steps

    /** The steps of a seed. */
    static List<Step> steps(long seed) {
        var random = new Random(seed ^ 0x5eed);
        var steps = new ArrayList<Step>();
        for (int scene = 2 + random.nextInt(5); scene > 0; scene--) {
            switch (random.nextInt(12)) {
                case 0, 1, 2, 3, 4, 5 -> work(random, steps);
                case 6, 7, 8, 9 -> disorder(random, steps);
                case 10 -> visit(random, steps);
                default -> {
                    steps.add(step(random, Kind.PASS, 0, 30_000 + random.nextInt(400_000)));
                    disorder(random, steps);
                }
            }
        }
        return List.copyOf(steps);
    }

    /** Some clients are there and send their heartbeats; now and then something happens. */
    private static void work(Random random, List<Step> steps) {
        var members = new ArrayList<Integer>();
        for (int who = 0; who < CLIENTS; who++) {
            if (random.nextInt(2) == 0) {
                members.add(who);
            }
        }
        for (int round = 2 + random.nextInt(10); round > 0; round--) {
            for (int who : members) {
                steps.add(step(random, Kind.HEARTBEAT, who, 0));
            }
            if (random.nextInt(2) == 0) {
                steps.add(any(random));
            }
            steps.add(step(random, Kind.PASS, 0, random.nextInt(3) == 0 ? random.nextInt(1100) : 4000 + random.nextInt(2000)));
        }
    }

    /** Clients of the classic protocol come, mostly when nobody is there, and mostly leave. */
    private static void visit(Random random, List<Step> steps) {
        if (random.nextInt(4) != 0) {
            steps.add(step(random, Kind.PASS, 0, 46_000));
        }
        if (random.nextBoolean()) {
            steps.add(step(random, Kind.CLASSIC_JOIN, 0, 0));
            steps.add(step(random, Kind.CLASSIC_JOIN, 0, 0));
            steps.add(step(random, Kind.PASS, 0, 3001));
            steps.add(step(random, Kind.CLASSIC_SYNC, 0, 0));
            steps.add(step(random, Kind.CLASSIC_HEARTBEAT, 0, 0));
        }
        Kind[] kinds = {Kind.CLASSIC_JOIN, Kind.CLASSIC_JOIN, Kind.CLASSIC_SYNC, Kind.CLASSIC_HEARTBEAT, Kind.CLASSIC_LEAVE, Kind.PASS};
        for (int i = 4 + random.nextInt(10); i > 0; i--) {
            int what = random.nextInt(10);
            steps.add(what < 8 ? step(random, kinds[what % kinds.length], random.nextInt(2), 1 + random.nextInt(4000)) : any(random));
        }
        if (random.nextInt(3) != 0) {
            steps.add(step(random, Kind.CLASSIC_LEAVE, 0, 0));
            steps.add(step(random, Kind.CLASSIC_LEAVE, 1, 0));
        }
    }

    private static void disorder(Random random, List<Step> steps) {
        for (int i = 3 + random.nextInt(25); i > 0; i--) {
            steps.add(any(random));
        }
    }

    private static Step any(Random random) {
        int what = random.nextInt(100);
        int who = random.nextInt(CLIENTS);
        if (what < 34) {
            return step(random, Kind.HEARTBEAT, who, 0);
        } else if (what < 42) {
            return step(random, Kind.WRONG_HEARTBEAT, who, 0);
        } else if (what < 46) {
            return step(random, Kind.LEAVE, who, 0);
        } else if (what < 49) {
            return step(random, Kind.START_AGAIN, who, 0);
        } else if (what < 55) {
            return step(random, Kind.SUBSCRIBE, who, 0);
        } else if (what < 63) {
            return step(random, Kind.COMMIT, who, 0);
        } else if (what < 65) {
            return step(random, Kind.ADMIN_COMMIT, who, 0);
        } else if (what < 69) {
            return step(random, Kind.FETCH, who, 0);
        } else if (what < 71) {
            return step(random, Kind.DELETE_GROUP, who, 0);
        } else if (what < 73) {
            return step(random, Kind.DELETE_OFFSETS, who, 0);
        } else if (what < 76) {
            return step(random, Kind.CREATE_TOPIC, who, 0);
        } else if (what < 78) {
            return step(random, Kind.DELETE_TOPIC, who, 0);
        } else if (what < 81) {
            return step(random, Kind.CHANGE_TOPIC, who, 0);
        } else if (what < 83) {
            return step(random, Kind.FAIL_OVER, who, 0);
        } else if (what < 85) {
            return step(random, Kind.REMOVE_MEMBERS, who, 0);
        }
        int[] scales = {100, 1000, 3000, 3000, 7000, 12_000, 50_000};
        return step(random, Kind.PASS, who, 1 + random.nextInt(scales[random.nextInt(scales.length)]));
    }

    private static Step step(Random random, Kind kind, int who, long ms) {
        return new Step(kind, who, random.nextInt(), ms);
    }

    /** How a history ended. */
    record Outcome(@Nullable String difference, String trace) {}

    /** Runs these steps with the settings and clients of the seed. */
    static Outcome run(long seed, List<Step> steps, Counters reached) {
        var history = new ConsumerHistory(seed, reached);
        for (Step step : steps) {
            if (history.both.difference() != null || history.both.leftToChance()) {
                break;
            }
            if (history.both.assignorsTie()) {
                reached.hit("listed: assignors-tie");
                break;
            }
            history.take(step);
        }
        return new Outcome(history.both.difference(), history.both.trace());
    }

    private void take(Step step) {
        var random = new Random(step.how());
        Client client = clients.get(step.who());
        pass(1); // no two members are late in the same millisecond
        if (both.leftToChance()) {
            return;
        }
        switch (step.kind()) {
            case HEARTBEAT -> heartbeat(client, random);
            case WRONG_HEARTBEAT -> {
                ConsumerGroupHeartbeat request = wrong(request(client), random);
                if (!both.keepOutOf(request)) {
                    both.ask(request);
                }
            }
            case LEAVE -> leave(client, random);
            case START_AGAIN -> client.startAgain();
            case SUBSCRIBE -> {
                client.wish = wish(random);
                client.assignor = assignor(random);
            }
            case COMMIT -> commit(client, random);
            case ADMIN_COMMIT -> commit(new CommitOffsets(
                    Comparison.GROUP, -1, "", null, random.nextBoolean(), -1, offsets(client, random)));
            case FETCH -> fetch(client, random);
            case PASS -> pass(step.ms());
            case DELETE_GROUP -> both.ask(new Group.DeleteGroup(Comparison.GROUP));
            case DELETE_OFFSETS -> both.ask(new Group.DeleteOffsets(Comparison.GROUP, List.of(
                    new NamedPartition(topicName(random), 0), new NamedPartition(topicName(random), 1))));
            case REMOVE_MEMBERS -> removeMembers(random);
            case CREATE_TOPIC -> createTopic(topicName(random), random);
            case DELETE_TOPIC -> deleteTopic(random);
            case CHANGE_TOPIC -> changeTopic(random);
            case FAIL_OVER -> {
                both.failOver(random.nextLong());
                visitors.forEach(visitor -> visitor.waiting.clear());
                reached.hit("failover");
            }
            case CLASSIC_JOIN -> {
                Visitor visitor = visitors.get(step.who());
                if (both.isEmptyOfConsumers()) {
                    visitor.memberId = ""; // else listed: unknown-id-joins-empty-consumer-group
                }
                if (visitor.waiting.isEmpty()) {
                    ask(visitor, new Join(
                            Comparison.GROUP, visitor.memberId, null, "visitor", "/127.0.0.1", 10_000 + 1000 * step.who(), 5003, "consumer",
                            List.of(new Protocol("range", SUBSCRIPTION)), true, true));
                }
            }
            case CLASSIC_SYNC -> {
                Visitor visitor = visitors.get(step.who());
                if (visitor.waiting.isEmpty()) {
                    var assignments = new HashMap<String, byte[]>();
                    visitor.toAssign.forEach(memberId -> assignments.put(memberId, new byte[] {1}));
                    ask(visitor, new Group.Sync(
                            Comparison.GROUP, visitor.generationId, anyMemberId(visitor, random), null, "consumer", "range", assignments));
                }
            }
            case CLASSIC_HEARTBEAT -> {
                Visitor visitor = visitors.get(step.who());
                ask(visitor, new Group.Heartbeat(Comparison.GROUP, visitor.generationId, anyMemberId(visitor, random), null));
            }
            case CLASSIC_LEAVE -> {
                Visitor visitor = visitors.get(step.who());
                if (visitor.generationId >= 0 || !both.exists()) { // else listed: leave-of-pending-id
                    ask(visitor, new Group.Leave(
                            Comparison.GROUP, List.of(new Group.LeavingMember(anyMemberId(visitor, random), null))));
                }
            }
        }
    }

    private void pass(long ms) {
        Map<Long, Group.Reply> answers = both.pass(ms);
        visitors.forEach(visitor -> visitor.hear(answers));
    }

    private void ask(Visitor visitor, Group.Request<?> request) {
        Map<Long, Group.Reply> answers = both.ask(request);
        visitor.waiting.add(both.lastRequestId());
        visitors.forEach(each -> each.hear(answers));
    }

    private String anyMemberId(Visitor visitor, Random random) {
        return random.nextInt(6) == 0 ? clients.get(random.nextInt(CLIENTS)).memberId : visitor.memberId;
    }

    // ---- topics

    private static String topicName(Random random) {
        return TOPICS.get(random.nextInt(TOPICS.size()));
    }

    private void createTopic(String name, Random random) {
        if (both.topics().byName().containsKey(name)) {
            return;
        }
        var racks = new ArrayList<List<String>>();
        for (int partition = random.nextInt(5); partition >= 0; partition--) {
            racks.add(racks(random));
        }
        both.topics(both.topics().with(new KafkaTopic(name, new Uuid(7L * ++topicsCreated, topicsCreated), List.copyOf(racks))));
        reached.hit("topic created");
    }

    private void deleteTopic(Random random) {
        String name = topicName(random);
        if (both.topics().byName().containsKey(name)) {
            both.topics(both.topics().without(name));
            reached.hit("topic deleted");
        }
    }

    /** More partitions, or other brokers. */
    private void changeTopic(Random random) {
        KafkaTopic topic = both.topics().byName().get(topicName(random));
        if (topic == null) {
            return;
        }
        var racks = new ArrayList<>(topic.racks());
        if (random.nextBoolean()) {
            racks.add(racks(random));
            reached.hit("partition added");
        } else {
            racks.set(random.nextInt(racks.size()), racks(random));
            reached.hit("partition moved");
        }
        both.topics(both.topics().with(new KafkaTopic(topic.name(), topic.id(), List.copyOf(racks))));
    }

    private static List<String> racks(Random random) {
        return RACKS.stream().filter(rack -> random.nextBoolean()).toList();
    }

    // ---- heartbeats

    private static Wish wish(Random random) {
        return switch (random.nextInt(12)) {
            case 0, 1, 2, 3 -> new Wish(List.of("t"), "");
            case 4, 5, 6 -> new Wish(List.of("t", "u"), "");
            case 7 -> new Wish(List.of("v", "u"), "");
            case 8 -> new Wish(List.of(), random.nextBoolean() ? "t|u" : ".*");
            case 9 -> new Wish(List.of(), "[u-w]");
            case 10 -> new Wish(List.of("nowhere", "u"), "");
            default -> new Wish(random.nextBoolean() ? List.of() : List.of("t"), random.nextBoolean() ? "" : "oth.*");
        };
    }

    private @Nullable String assignor(Random random) {
        return assignors.get(random.nextInt(assignors.size()));
    }

    /** What Kafka's client would send now: everything to join, later what has changed. */
    private static ConsumerGroupHeartbeat request(Client client) {
        boolean all = client.memberEpoch == 0 || client.sentWish == null;
        boolean wishChanged = all || !client.wish.equals(client.sentWish);
        Map<Uuid, Set<Integer>> owned = copyOf(client.owned);
        return new ConsumerGroupHeartbeat(
                Comparison.GROUP, client.memberId, client.memberEpoch, client.instanceId,
                all && client.number % 3 != 0 ? RACKS.get(client.number % 3) : null, all ? REBALANCES_MS[client.number % 4] : -1,
                wishChanged ? client.wish.topics() : null,
                wishChanged && !(all && client.wish.regex().isEmpty()) ? client.wish.regex() : null,
                wishChanged ? client.assignor : null,
                client.memberEpoch == 0 ? Map.of() : all || !owned.equals(client.sentOwned) ? owned : null,
                client.instanceId == null ? "client" : "client-of-" + client.instanceId, "/127.0.0.1", true);
    }

    private static Map<Uuid, Set<Integer>> copyOf(Map<Uuid, Set<Integer>> partitions) {
        var copy = new HashMap<Uuid, Set<Integer>>();
        partitions.forEach((topic, each) -> copy.put(topic, Set.copyOf(each)));
        return Map.copyOf(copy);
    }

    private void heartbeat(Client client, Random random) {
        reconcile(client, random);
        ConsumerGroupHeartbeat request = request(client);
        if (both.keepOutOf(request)) {
            return;
        }
        Wish wish = client.wish;
        var reply = (ConsumerGroupHeartbeatReply) Objects.requireNonNull(both.ask(request).get(both.lastRequestId()), "no answer");
        if (random.nextInt(12) == 0) {
            client.forgetSent();
            reached.hit("answer lost");
            return;
        }
        client.sentWish = wish;
        client.sentOwned = request.topicPartitions() == null ? client.sentOwned : request.topicPartitions();
        switch (reply.error()) {
            case NONE -> {
                client.memberEpoch = reply.memberEpoch();
                if (reply.assignment() != null) {
                    client.assigned = reply.assignment();
                }
            }
            case FENCED_MEMBER_EPOCH, UNKNOWN_MEMBER_ID, GROUP_ID_NOT_FOUND -> client.abandon();
            default -> client.forgetSent();
        }
    }

    /** Gives up at once or some time later what is not assigned any more, then takes what is new. */
    private static void reconcile(Client client, Random random) {
        if (random.nextInt(4) == 0) {
            return; // its listener takes its time
        }
        boolean gaveUp = client.owned.keySet().removeIf(topic -> !client.assigned.containsKey(topic));
        for (var topic : client.owned.entrySet()) {
            var kept = new HashSet<>(topic.getValue());
            gaveUp |= kept.retainAll(client.assigned.getOrDefault(topic.getKey(), Set.of()));
            topic.setValue(kept);
        }
        if (!gaveUp || random.nextBoolean()) {
            client.owned.putAll(client.assigned);
        }
    }

    /** The same with one or two things wrong about it. */
    private ConsumerGroupHeartbeat wrong(ConsumerGroupHeartbeat right, Random random) {
        ConsumerGroupHeartbeat request = right;
        for (int i = 1 + random.nextInt(2); i > 0; i--) {
            request = twisted(request, random);
        }
        return request;
    }

    private ConsumerGroupHeartbeat twisted(ConsumerGroupHeartbeat r, Random random) {
        String memberId = r.memberId();
        int memberEpoch = r.memberEpoch();
        String instanceId = r.instanceId();
        String rackId = r.rackId();
        int rebalanceTimeoutMs = r.rebalanceTimeoutMs();
        List<String> topics = r.subscribedTopicNames();
        String regex = r.subscribedTopicRegex();
        String assignor = r.serverAssignor();
        Map<Uuid, Set<Integer>> owned = r.topicPartitions();
        boolean memberIdRequired = r.memberIdRequired();
        switch (random.nextInt(15)) {
            case 0 -> memberEpoch += random.nextBoolean() ? 1 : -1;
            case 1 -> memberEpoch = random.nextInt(5) - 3;
            case 2 -> memberId = random.nextBoolean() ? "ghost" : clients.get(random.nextInt(CLIENTS)).memberId;
            case 3 -> instanceId = random.nextBoolean() ? null : random.nextBoolean() ? "box-b" : "box-c";
            case 4 -> {
                memberIdRequired = random.nextBoolean();
                memberId = "";
            }
            case 5 -> instanceId = "";
            case 6 -> rackId = random.nextBoolean() ? "" : RACKS.get(random.nextInt(3));
            case 7 -> rebalanceTimeoutMs = random.nextBoolean() ? -1 : REBALANCES_MS[random.nextInt(4)];
            case 8 -> {
                topics = null;
                regex = random.nextBoolean() ? null : random.nextBoolean() ? "" : "(";
            }
            case 9 -> regex = random.nextBoolean() ? "u+" : "[";
            case 10 -> assignor = random.nextBoolean() ? "sticky" : "";
            case 11 -> owned = random.nextBoolean() ? null : Map.of();
            case 12 -> owned = both.topics().byName().values().stream().findFirst()
                    .map(topic -> Map.of(topic.id(), Set.of(random.nextInt(topic.partitionCount() + 1)))).orElse(null);
            case 13 -> topics = List.of("u", "u", "t");
            default -> {
                topics = List.of("t", "v");
                owned = copyOf(clients.get(random.nextInt(CLIENTS)).owned);
            }
        }
        if (!memberIdRequired && memberEpoch == 0 && memberId.isEmpty()) {
            memberId = " "; // else each side gives it an id of its own
        }
        return new ConsumerGroupHeartbeat(
                r.groupId(), memberId, memberEpoch, instanceId, rackId, rebalanceTimeoutMs, topics, regex, assignor, owned, r.clientId(),
                r.clientHost(), memberIdRequired);
    }

    private void leave(Client client, Random random) {
        boolean returns = client.instanceId != null && random.nextInt(3) != 0;
        both.ask(new ConsumerGroupHeartbeat(
                Comparison.GROUP, client.memberId, returns ? -2 : -1, client.instanceId, null, -1, null, null, null, null, "client",
                "/127.0.0.1", true));
        if (client.instanceId != null && random.nextBoolean()) {
            client.startAgain();
        } else {
            client.abandon();
        }
    }

    /** As administrators' tools do, by the classic protocol's request. */
    private void removeMembers(Random random) {
        if (both.group() != null) {
            return; // that is what the visitors do
        }
        var leaving = new ArrayList<Group.LeavingMember>();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            Client client = clients.get(random.nextInt(CLIENTS));
            boolean byInstance = client.instanceId != null && random.nextBoolean();
            leaving.add(new Group.LeavingMember(
                    byInstance ? "" : client.memberId, byInstance || random.nextInt(4) == 0 ? client.instanceId : null));
        }
        both.ask(new Group.Leave(Comparison.GROUP, List.copyOf(leaving)));
    }

    // ---- offsets

    private void commit(Client client, Random random) {
        if (client.memberEpoch == 0 && random.nextInt(4) != 0) {
            return;
        }
        int epoch = switch (random.nextInt(12)) {
            case 0 -> client.memberEpoch + 1;
            case 1, 2 -> client.memberEpoch - 1;
            case 3 -> -1;
            default -> client.memberEpoch;
        };
        commit(new CommitOffsets(
                Comparison.GROUP, epoch, random.nextInt(15) == 0 ? "ghost" : client.memberId, client.instanceId, random.nextInt(12) != 0, -1,
                offsets(client, random)));
    }

    private void commit(CommitOffsets request) {
        if (!both.exists() && request.offsets().stream().allMatch(each -> each.metadata().length() > settings.offsetMetadataMaxSize())) {
            return; // listed: refused-first-commit
        }
        both.ask(request);
    }

    /** Mostly of partitions that it owns. */
    private List<OffsetToCommit> offsets(Client client, Random random) {
        var offsets = new ArrayList<OffsetToCommit>();
        for (var topic : both.topics().byName().values()) {
            var partitions = new TreeSet<>(client.owned.getOrDefault(topic.id(), Set.of()));
            if (partitions.isEmpty() ? random.nextInt(6) == 0 : random.nextInt(6) == 0) {
                partitions.add(random.nextInt(topic.partitionCount()));
            }
            for (int partition : partitions) {
                offsets.add(new OffsetToCommit(
                        topic.name(), random.nextInt(20) == 0 ? Uuid.ZERO_UUID : topic.id(), partition, random.nextInt(1000),
                        random.nextBoolean() ? -1 : random.nextInt(5), random.nextInt(20) == 0 ? "x".repeat(101) : "m"));
            }
        }
        return List.copyOf(offsets);
    }

    private void fetch(Client client, Random random) {
        boolean asMember = random.nextInt(3) != 0;
        int epoch = random.nextInt(6) == 0 ? client.memberEpoch - 1 : client.memberEpoch;
        List<TopicPartitions> topics = random.nextBoolean()
                ? null
                : both.topics().byName().values().stream()
                        .map(topic -> new TopicPartitions(topic.name(), random.nextBoolean() ? topic.id() : Uuid.ZERO_UUID, List.of(0, 1)))
                        .toList();
        both.ask(asMember
                ? new FetchOffsets(Comparison.GROUP, client.memberId, epoch, topics, true)
                : new FetchOffsets(Comparison.GROUP, topics, random.nextBoolean()));
    }
}
