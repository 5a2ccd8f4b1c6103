package dev.sampo.tests.simulation;

import dev.sampo.actors.config.BrokerDefaults;
import dev.sampo.actors.config.TopicConfigs;
import dev.sampo.actors.config.TopicSettings;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller.Command;
import dev.sampo.actors.protocol.Controller.CreateTopics;
import dev.sampo.actors.protocol.Controller.DeleteTopics;
import dev.sampo.actors.protocol.Controller.NewTopic;
import dev.sampo.group.coordinator.GroupCoordinators;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** Machines, network, metadata log, Pekko, clients and the judge of one schedule. Broker ids count from 1. */
final class Cluster {
    private static final int TRACE_LINES = 4_000;

    private final Plan plan;
    private final @Nullable Mutant mutant;
    private final Dice dice;
    private final Timeline time;
    private final Reach reach = new Reach();
    private final Network network;
    private final List<Machine> machines = new ArrayList<>();
    private final Judge judge;
    private final GroupJudge groups;
    private final Ledger ledger;
    private final Journal journal;
    private final Sharding sharding;
    private final ControllerRules rules;
    private final TopicSettings topicSettings;
    private final List<ModelClient> clients = new ArrayList<>();
    private final @Nullable Deque<String> trace;
    private final Set<Uuid> doomed = new HashSet<>(); // topics that are about to be deleted
    private final Map<String, GroupMember> newest = new HashMap<>(); // of each instance id
    private int topics;
    private int members;
    private boolean calm;

    /** @param wallOffsetsMs what wall clocks are off by; nothing may depend on it */
    Cluster(Plan plan, @Nullable Mutant mutant, boolean tracing, long wallOffsetsMs) {
        this.plan = plan;
        this.mutant = mutant;
        this.trace = tracing ? new ArrayDeque<>() : null;
        this.dice = new Dice(plan.seed());
        this.time = new Timeline(dice.fork());
        this.network = new Network(time, dice.fork(), plan, reach);
        this.judge = new Judge(this);
        this.groups = new GroupJudge(this);
        this.ledger = new Ledger(judge);
        Dice shapes = dice.fork();
        for (int id = 1; id <= plan.brokers(); id++) {
            double drift = (shapes.between(0, 1_000) - 500) / 1e6;
            machines.add(new Machine(id, drift, uuid(shapes), uuid(shapes), wallOffsetsMs * id));
        }
        this.journal = new Journal(this, dice.fork(), IntStream.rangeClosed(1, plan.voters()).boxed().toList(), judge);
        this.sharding = new Sharding(this, dice.fork());
        this.rules = new ControllerRules(this, dice.fork());
        this.topicSettings = TopicConfigs.settings(
                Map.of("min.insync.replicas", Integer.toString(plan.minInSyncReplicas()),
                        "flush.messages", Long.toString(plan.flushMessages())),
                BrokerDefaults.KAFKAS);
    }

    static Uuid uuid(Dice dice) {
        return new Uuid(dice.next() & Long.MAX_VALUE | 1, dice.next() & Long.MAX_VALUE);
    }

    Plan plan() {
        return plan;
    }

    Dice dice() {
        return dice;
    }

    Timeline time() {
        return time;
    }

    Reach reach() {
        return reach;
    }

    Network network() {
        return network;
    }

    Judge judge() {
        return judge;
    }

    GroupJudge groups() {
        return groups;
    }

    Ledger ledger() {
        return ledger;
    }

    Journal journal() {
        return journal;
    }

    Sharding sharding() {
        return sharding;
    }

    ControllerRules rules() {
        return rules;
    }

    TopicSettings topicSettings() {
        return topicSettings;
    }

    List<Machine> machines() {
        return machines;
    }

    Machine machine(int brokerId) {
        return machines.get(brokerId - 1);
    }

    List<ModelClient> clients() {
        return clients;
    }

    boolean planted(Mutant bug) {
        return mutant == bug;
    }

    void trace(Supplier<String> line) {
        if (trace != null) {
            if (trace.size() == TRACE_LINES) {
                trace.removeFirst();
            }
            trace.add(String.format("%9.3f  %s", time.nowMicros() / 1e6, line.get()));
        }
    }

    List<String> traced() {
        return trace == null ? List.of() : List.copyOf(trace);
    }

    String name(TopicIdPartition id) {
        Topic topic = journal.image().topic(id.topicId());
        return (topic == null ? id.topicId().toString() : topic.name()) + "-" + id.partition();
    }

    // ---- life ----

    void start() {
        for (Machine machine : machines) {
            time.after(dice.between(1, 300) * Timeline.MILLIS, () -> boot(machine));
        }
        journal.start();
        sharding.start();
        tellImages();
        time.after(1 * Timeline.SECONDS, () -> createTopic(plan.partitions()));
        if (plan.groups() != null) {
            time.after(1 * Timeline.SECONDS, () -> startGroups(plan.groups()));
        }
    }

    /** Starts a broker on a machine that runs none. */
    void boot(Machine machine) {
        if (machine.running()) {
            return;
        }
        boolean lostTail = !machine.closedCleanly && machine.mayTellOfLoss();
        machine.closedCleanly = false;
        machine.process = new BrokerProcess(this, machine, uuid(dice));
        trace(() -> "broker " + machine.id + " starts" + (lostTail ? ", its tail may be lost" : ""));
        machine.process.start(lostTail);
    }

    /** The process ends at once; what it wrote stays in the page cache, unless the power went. */
    void kill(Machine machine, boolean power) {
        if (machine.process == null || !machine.process.alive()) {
            return;
        }
        BrokerProcess process = machine.process;
        trace(() -> (power ? "power cut at broker " : "kill of broker ") + machine.id);
        process.end();
        crashDisk(machine, power);
        lost(machine.id);
    }

    /** What a dead process leaves: its page cache, until the power goes as well. */
    void crashDisk(Machine machine, boolean power) {
        if (power) {
            machine.bootId = uuid(dice);
        }
        for (MemoryLog log : machine.logs.values()) {
            if (log.crash(power, dice)) {
                reach.hit(Reach.Point.TAIL_LOST);
                trace(() -> "broker " + machine.id + " is left with " + name(log.id()) + " " + log);
            }
        }
    }

    /** Connections to a process that ended are reset, where the network lets that through. */
    private void lost(int broker) {
        for (Machine other : machines) {
            network.breakLink(broker, other.id);
            network.breakLink(other.id, broker);
            if (other.id != broker && other.running() && network.open(broker, other.id)) {
                BrokerProcess peer = other.process;
                time.after(dice.heavyTail(500, 20 * Timeline.MILLIS), () -> peer.deliver(() -> {
                    peer.session().connectionLost(broker);
                    peer.followers().connectionLost(broker);
                }));
            }
        }
        for (ModelClient client : clients) {
            if (machine(broker).plugged) {
                time.after(dice.heavyTail(500, 20 * Timeline.MILLIS), () -> client.deliver(() -> client.connectionLost(broker)));
            }
        }
    }

    /** A broker that finds itself fenced or removed starts anew, in the same process. */
    void restartInside(BrokerProcess process) {
        if (process.alive()) {
            Machine machine = process.machine();
            kill(machine, false);
            time.after(dice.between(300, 2_000) * Timeline.MILLIS, () -> boot(machine));
        }
    }

    /** Pekko removed it; it hears of that when it can, and goes on until then. */
    void removedFromCluster(BrokerProcess process) {
        time.after(dice.between(50, 3_000) * Timeline.MILLIS, () -> {
            if (!process.alive()) {
                return;
            }
            boolean heard = machines.stream().anyMatch(
                    other -> other.id != process.brokerId() && other.awake() && network.open(other.id, process.brokerId()));
            if (heard) {
                process.deliver(() -> restartInside(process));
            } else {
                removedFromCluster(process);
            }
        });
    }

    void toProcess(int broker, Consumer<BrokerProcess> action) {
        Machine machine = machine(broker);
        if (machine.running()) {
            BrokerProcess process = machine.process;
            process.deliver(() -> action.accept(process));
        }
    }

    // ---- metadata ----

    /** Entries were committed: each broker hears of them after its own delay, if the leader of the log reaches it. */
    void tellImages() {
        for (Machine machine : machines) {
            if (!machine.imageDue) {
                machine.imageDue = true;
                time.after(dice.heavyTail((calm ? 2_000 : plan.imageLagMicros()) + machine.imageLagMicros, 4 * Timeline.SECONDS),
                        () -> tellImage(machine));
            }
        }
    }

    private void tellImage(Machine machine) {
        int leader = journal.leader();
        if (machine.running() && machine.process.image().offset() < journal.image().offset()) {
            if (leader >= 0 && machine(leader).running() && network.open(leader, machine.id)) {
                long offset = journal.image().offset();
                BrokerProcess process = machine.process;
                process.deliver(() -> process.onImage(offset));
                if (planted(Mutant.IMAGE_GOES_BACK)) {
                    process.timer(dice.between(100, 5_000) * Timeline.MILLIS, () -> process.onImage(offset));
                }
            }
        }
        machine.imageDue = false;
        time.after(300 * Timeline.MILLIS, () -> {
            if (!machine.imageDue && machine.running() && machine.process.image().offset() < journal.image().offset()) {
                machine.imageDue = true;
                tellImage(machine);
            }
        });
    }

    // ---- topics and clients ----

    void createTopic(int partitions) {
        String name = "t" + topics++;
        var topic = new NewTopic(name, partitions, plan.replicationFactor(), Map.of(),
                Map.of("min.insync.replicas", Integer.toString(plan.minInSyncReplicas())));
        admin(new CreateTopics(List.of(topic), false, false, null), image -> image.topic(name) != null, () -> {
            Topic created = journal.image().topic(name);
            if (created == null || doomed.contains(created.id())) {
                return;
            }
            for (int partition = 0; partition < partitions; partition++) {
                var id = new TopicIdPartition(created.id(), partition);
                addClient(place -> new ModelProducer(this, place, dice.fork(), id, true, place));
                addClient(place -> new ModelConsumer(this, place, dice.fork(), id));
                if (dice.chance(plan.acksOneShare())) {
                    addClient(place -> new ModelProducer(this, place, dice.fork(), id, false, place));
                }
            }
        });
    }

    private void addClient(IntFunction<ModelClient> make) {
        ModelClient client = make.apply(Network.FIRST_CLIENT + clients.size());
        clients.add(client);
        client.start();
    }

    // ---- groups ----

    private void startGroups(GroupPlan groupPlan) {
        var offsets = new NewTopic(GroupCoordinators.OFFSETS_TOPIC, groupPlan.offsetsPartitions(), plan.replicationFactor(), Map.of(),
                Map.of("min.insync.replicas", Integer.toString(plan.minInSyncReplicas())));
        admin(new CreateTopics(List.of(offsets), false, true, null), image -> image.topic(GroupCoordinators.OFFSETS_TOPIC) != null, () -> {
            for (int i = 0; i < groupPlan.committers(); i++) {
                String groupId = "outside" + i;
                addClient(place -> new ModelCommitter(this, place, dice.fork(), groupId));
            }
            for (int group = 0; group < groupPlan.groups(); group++) {
                for (int i = 0; i < groupPlan.members(); i++) {
                    joinGroup("group" + group);
                }
            }
        });
    }

    /** One more member. */
    void joinGroup(String groupId) {
        joinGroup(groupId, dice.chance(plan.groups().staticShare()) ? groupId + "-box" + members : null);
    }

    void joinGroup(String groupId, @Nullable String instanceId) {
        String name = "c" + members++;
        addClient(place -> {
            GroupMember member = plan.groups().isConsumerGroup(groupId)
                    ? new ModelConsumerGroupMember(this, place, dice.fork(), groupId, name, instanceId)
                    : new ModelClassicMember(this, place, dice.fork(), groupId, name, instanceId);
            if (instanceId != null) {
                newest.put(instanceId, member);
            }
            return member;
        });
    }

    void administrate(String groupId, boolean deletes) {
        String name = "admin" + members++;
        addClient(place -> new GroupAdmin(this, place, dice.fork(), groupId, name, deletes));
    }

    /** Whether no later process has its instance id. */
    boolean isNewest(GroupMember member) {
        return newest.get(member.instanceId()) == member;
    }

    /** Whether no other process that runs has its instance id. */
    boolean isAlone(GroupMember member) {
        return members().stream().noneMatch(other -> other != member && Objects.equals(other.instanceId(), member.instanceId()));
    }

    List<GroupMember> members() {
        return clients.stream().filter(GroupMember.class::isInstance).map(GroupMember.class::cast).filter(member -> !member.isGone())
                .toList();
    }

    List<GroupMember> members(String groupId) {
        return members().stream().filter(member -> member.groupId().equals(groupId)).toList();
    }

    /**
     * Invariant 28: what a member gets, no other member of its generation believes to own still. Not so with static members that
     * were away, which are fenced by their generation.
     */
    void requireGivenUp(ModelClassicMember member) {
        for (GroupMember other : members(member.groupId())) {
            if (other != member && other.instanceId() == null && !other.mayHaveGivenUp()
                    && other.generationId() >= 0
                    && other.generationId() < member.generationId()
                    && groups.truth(member.groupId()).wasMember(other.memberId(), member.generationId())) {
                requireGivenUp(member, member.owned(), other);
            }
        }
    }

    /** Invariant 28: what a member takes, no other one that the coordinator still counts as a member believes to own. */
    void requireGivenUp(ModelConsumerGroupMember member, Set<Integer> taken) {
        for (GroupMember other : members(member.groupId())) {
            if (other != member && !other.mayHaveGivenUp() && groups.truth(member.groupId()).isConsumer(other.memberId())) {
                requireGivenUp(member, taken, other);
            }
        }
    }

    private static void requireGivenUp(GroupMember member, Collection<Integer> taken, GroupMember other) {
        for (int partition : taken) {
            if (other.owns(partition)) {
                throw new Violation(28, member + " got partition " + partition + ", which " + other + " has not given up");
            }
        }
    }

    /** Deletes a topic, never the first one. */
    void deleteTopic(Dice act) {
        List<Topic> others = journal.image().topics().values().stream()
                .filter(topic -> !topic.name().equals("t0") && !topic.name().equals(GroupCoordinators.OFFSETS_TOPIC))
                .sorted(Comparator.comparing(Topic::name))
                .toList();
        if (others.isEmpty()) {
            return;
        }
        Topic victim = act.pick(others);
        doomed.add(victim.id());
        groups.topicDoomed(victim.name());
        clients.removeIf(client -> {
            boolean ends = client.id() != null && client.id().topicId().equals(victim.id());
            if (ends) {
                client.end();
            }
            return ends;
        });
        admin(new DeleteTopics(List.of(victim.id()), null), image -> image.topic(victim.id()) == null, () -> {});
    }

    /** Asks any broker's controller until it is done; what was acknowledged is there (invariant 26). */
    private void admin(Command command, Predicate<MetadataImage> done, Runnable then) {
        List<Machine> up = machines.stream().filter(Machine::awake).toList();
        Runnable again = () -> time.after(500 * Timeline.MILLIS, () -> {
            if (done.test(journal.image())) {
                then.run();
            } else {
                admin(command, done, then);
            }
        });
        if (up.isEmpty()) {
            again.run();
            return;
        }
        BrokerProcess asked = dice.pick(up).process;
        boolean[] over = new boolean[1];
        time.after(4 * Timeline.SECONDS, () -> {
            if (!over[0]) {
                over[0] = true;
                again.run();
            }
        });
        asked.ask(command, 3 * Timeline.SECONDS, reply -> {
            if (!over[0]) {
                over[0] = true;
                if (reply.metadataOffset() >= 0 && (reply.metadataOffset() > journal.image().offset()
                        || !done.test(journal.imageAt(reply.metadataOffset())))) {
                    throw new Violation(26, command + " was answered by " + reply + " and is not in the metadata");
                }
                again.run();
            }
        }, () -> {});
    }

    boolean isCalm() {
        return calm;
    }

    /** No more faults: everything is mended. */
    void calmDown() {
        calm = true;
        network.calmDown();
        clients.forEach(ModelClient::resume);
        for (Machine machine : machines) {
            machine.plugged = true;
            machine.diesAt = null;
            machine.failForces = false;
            machine.imageLagMicros = 0;
            if (machine.running()) {
                machine.process.resume();
            } else {
                boot(machine);
            }
        }
        tellImages();
    }

    String describe() {
        var text = new StringBuilder("journal leader " + journal.leader() + " term " + journal.term() + ", " + sharding + "\n");
        MetadataImage image = journal.image();
        image.brokers().values().forEach(broker -> text.append(broker.id()).append(" incarnation ").append(broker.incarnation())
                .append(broker.fenced() ? " fenced" : " live").append('\n'));
        image.groups().values().forEach(group -> text.append(group).append('\n'));
        machines.forEach(machine -> text.append(machine.process).append('\n'));
        clients.forEach(client -> text.append(client).append('\n'));
        groups.describe().forEach(line -> text.append(line).append('\n'));
        judge.truths().forEach(truth -> text.append(truth.id()).append(" committed up to ").append(truth.committedEnd()).append('\n'));
        machines.forEach(machine -> machine.logs.values().forEach(
                log -> text.append("broker ").append(machine.id).append(' ').append(name(log.id())).append(' ').append(log.brief())
                        .append('\n')));
        return text.toString();
    }
}
