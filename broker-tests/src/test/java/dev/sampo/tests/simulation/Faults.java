package dev.sampo.tests.simulation;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.group.coordinator.GroupCoordinators;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.tests.simulation.Plan.Act;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Does the acts of a plan to a cluster. */
final class Faults {
    private final Cluster cluster;

    Faults(Cluster cluster) {
        this.cluster = cluster;
    }

    void schedule() {
        for (Act act : cluster.plan().acts()) {
            cluster.time().at(act.atMicros(), () -> perform(act));
        }
    }

    private void perform(Act act) {
        var dice = new Dice(act.dice());
        Machine victim = victim(dice);
        cluster.trace(() -> "--- " + act.kind() + " " + victim.id + " for " + act.durationMicros() / 1_000 + " ms");
        switch (act.kind()) {
            case KILL -> down(victim, false, Reach.Point.KILL, act);
            case POWER_CUT -> {
                boolean power = mayLoseTail(victim) || cluster.plan().flushMessages() == 1;
                if (power && cluster.plan().flushMessages() != 1 && !victim.logs.isEmpty()) {
                    cluster.judge().lostTail(victim.id);
                }
                if (!victim.running() && power) {
                    cluster.crashDisk(victim, true);
                }
                down(victim, power, power ? Reach.Point.POWER_CUT : Reach.Point.KILL, act);
            }
            case WIPE -> wipe(victim, dice, act);
            case PAUSE -> pause(victim, act);
            case CUT_FROM_ALL -> {
                victim.plugged = false;
                cutFromPeers(victim, true, true, act);
                later(act, () -> victim.plugged = true);
            }
            case CUT_FROM_PEERS -> cutFromPeers(victim, true, true, act);
            case ONE_WAY_CUT -> {
                boolean deaf = dice.chance(0.5);
                cluster.reach().hit(Reach.Point.ONE_WAY_CUT);
                cutFromPeers(victim, deaf, !deaf, act);
            }
            case BRIDGE -> {
                Machine other = dice.pick(cluster.machines());
                cluster.reach().hit(Reach.Point.BRIDGE);
                cut(victim.id, other.id, act);
                cut(other.id, victim.id, act);
            }
            case BREAK -> cluster.machines().forEach(other -> {
                if (dice.chance(0.7)) {
                    cluster.network().breakLink(victim.id, other.id);
                    cluster.network().breakLink(other.id, victim.id);
                }
            });
            case CLOCK_JUMP -> {
                cluster.reach().hit(Reach.Point.CLOCK_JUMP);
                victim.wallOffsetMs += dice.between(-86_400_000, 86_400_000);
            }
            case FAILED_FORCE -> failForces(victim, dice, act);
            case KILL_ALL -> {
                cluster.reach().hit(Reach.Point.ALL_KILLED);
                cluster.machines().forEach(machine -> {
                    cluster.kill(machine, false);
                    cluster.time().after(dice.between(200, 4_000) * Timeline.MILLIS, () -> cluster.boot(machine));
                });
            }
            case SECOND_SENTINEL -> cluster.sharding().secondCopy(dice);
            case RAFT_ELECTION -> cluster.journal().depose();
            case STOP_CLEANLY -> stopCleanly(victim, act);
            case MOVE_GROUP -> {
                List<String> groups = new ArrayList<>(new TreeSet<>(cluster.journal().image().groupPartitions().keySet()));
                if (!groups.isEmpty()) {
                    cluster.sharding().move(dice.pick(groups));
                }
            }
            case SLOW_IMAGES -> {
                victim.imageLagMicros = dice.between(300, 3_000) * Timeline.MILLIS;
                later(act, () -> victim.imageLagMicros = 0);
            }
            case CREATE_TOPIC -> cluster.createTopic(1);
            case DELETE_TOPIC -> cluster.deleteTopic(dice);
            case DELETE_RECORDS -> deleteRecords(dice);
            case FLUSH -> {
                if (victim.awake()) {
                    victim.process.flush();
                }
            }
            case MEMBER_JOINS -> {
                if (cluster.members().size() < 8) {
                    cluster.joinGroup("group" + dice.between(0, cluster.plan().groups().groups() - 1));
                }
            }
            case MEMBER_LEAVES, MEMBER_DIES, MEMBER_PAUSES, MEMBER_TWIN -> {
                if (!cluster.members().isEmpty()) {
                    member(act, dice, dice.pick(cluster.members()));
                }
            }
            case GROUP_LEAVES -> {
                String groupId = "group" + dice.between(0, cluster.plan().groups().groups() - 1);
                List<GroupMember> members = cluster.members(groupId);
                members.forEach(GroupMember::leave);
                if (dice.chance(0.7)) { // a tool has its turn
                    boolean deletes = dice.chance(0.4);
                    cluster.time().after(dice.between(100, 3_000) * Timeline.MILLIS, () -> cluster.administrate(groupId, deletes));
                }
                later(act, () -> members.forEach(member -> cluster.joinGroup(groupId)));
            }
            case COORDINATOR_DIES -> {
                Machine coordinator = coordinator(dice);
                coordinator.diesAt = dice.pick(List.of(Boundary.values()));
                coordinator.diesAfter = dice.between(0, 3);
                BrokerProcess process = coordinator.process;
                cluster.time().after(5 * Timeline.SECONDS, () -> {
                    coordinator.diesAt = null;
                    if (process != null && !process.alive()) {
                        cluster.boot(coordinator);
                    }
                });
            }
            case COORDINATOR_CUT -> cutFromPeers(coordinator(dice), true, true, act);
            case COORDINATOR_MOVES -> {
                String group = coordinatorGroup(dice);
                if (group != null) {
                    cluster.sharding().move(group);
                }
            }
        }
    }

    private void member(Act act, Dice dice, GroupMember member) {
        switch (act.kind()) {
            case MEMBER_LEAVES -> member.leave();
            case MEMBER_DIES -> {
                member.die();
                cluster.reach().hit(Reach.Point.MEMBER_DIED);
                if (dice.chance(0.7)) {
                    later(act, () -> cluster.joinGroup(member.groupId(), member.instanceId()));
                }
            }
            case MEMBER_PAUSES -> {
                member.pause();
                later(act, member::resume);
                if (dice.chance(0.5) && cluster.members().size() < 8) { // a rebalance that it does not hear of
                    cluster.joinGroup(member.groupId());
                }
            }
            case MEMBER_TWIN -> { // started while it still runs
                if (member.instanceId() != null) {
                    cluster.reach().hit(Reach.Point.STATIC_TAKEOVER);
                    if (dice.chance(0.5)) {
                        member.pause();
                        later(act, member::resume);
                    }
                    cluster.joinGroup(member.groupId(), member.instanceId());
                }
            }
            default -> throw new IllegalStateException("not of a member: " + act);
        }
    }

    private @Nullable String coordinatorGroup(Dice dice) {
        MetadataImage image = cluster.journal().image();
        MetadataImage.Topic topic = image.topic(GroupCoordinators.OFFSETS_TOPIC);
        return topic == null ? null : dice.pick(topic.partitionGroups());
    }

    private Machine coordinator(Dice dice) {
        String group = coordinatorGroup(dice);
        int leader = group == null ? -1 : cluster.journal().image().groups().get(group).leader();
        return leader < 0 || dice.chance(0.2) ? dice.pick(cluster.machines()) : cluster.machine(leader);
    }

    /** Two of three times who leads something, else anybody. */
    private Machine victim(Dice dice) {
        Machine any = dice.pick(cluster.machines());
        MetadataImage image = cluster.journal().image();
        List<PlacementGroup> led = image.groups().values().stream()
                .filter(group -> group.leader() > 0)
                .sorted(Comparator.comparing(PlacementGroup::id))
                .toList();
        int choice = dice.between(0, 8);
        if (choice < 2 && cluster.journal().leader() > 0) {
            return cluster.machine(cluster.journal().leader());
        }
        return choice < 6 && !led.isEmpty() ? cluster.machine(dice.pick(led).leader()) : any;
    }

    private boolean mayLoseTail(Machine machine) {
        return cluster.judge().mayLoseTail(machine.id,
                Math.min(cluster.plan().minInSyncReplicas(), cluster.plan().replicationFactor()));
    }

    private void later(Act act, Runnable end) {
        cluster.time().after(act.durationMicros(), end);
    }

    private void down(Machine victim, boolean power, Reach.Point point, Act act) {
        if (victim.running()) {
            cluster.reach().hit(point);
            cluster.kill(victim, power);
            later(act, () -> cluster.boot(victim));
        }
    }

    private void wipe(Machine victim, Dice dice, Act act) {
        // With a flush before each answer all machines may lose power at once, but then none may lose its disk as well: a
        // replica that says that its tail may be lost is believed, though it has lost nothing.
        if (!victim.running() || !mayLoseTail(victim) || cluster.plan().flushMessages() == 1) {
            return;
        }
        cluster.reach().hit(Reach.Point.WIPE);
        cluster.judge().lostTail(victim.id);
        cluster.kill(victim, false);
        victim.logs.clear();
        victim.writtenBootId = null;
        if (!cluster.planted(Mutant.DIRECTORY_KEPT_AFTER_WIPE)) {
            victim.directoryId = Cluster.uuid(dice);
        }
        later(act, () -> cluster.boot(victim));
    }

    private void pause(Machine victim, Act act) {
        if (victim.awake()) {
            BrokerProcess process = victim.process;
            cluster.reach().hit(Reach.Point.PAUSE);
            if (act.durationMicros() > 6 * Timeline.SECONDS) {
                cluster.reach().hit(Reach.Point.PAUSED_PAST_LEASE);
            }
            process.pause();
            later(act, process::resume);
        }
    }

    private void cutFromPeers(Machine victim, boolean in, boolean out, Act act) {
        cluster.reach().hit(Reach.Point.MACHINE_CUT);
        for (Machine other : cluster.machines()) {
            if (other != victim && in) {
                cut(other.id, victim.id, act);
            }
            if (other != victim && out) {
                cut(victim.id, other.id, act);
            }
        }
    }

    private void cut(int from, int to, Act act) {
        if (from != to) {
            cluster.network().cut(from, to, cluster.plan().holdingCuts());
            later(act, () -> cluster.network().mend(from, to));
        }
    }

    /** The disk refuses to force: what is not on it counts as lost, and the broker is started again. */
    private void failForces(Machine victim, Dice dice, Act act) {
        if (!victim.running() || !mayLoseTail(victim)) {
            return;
        }
        victim.failForces = true;
        if (dice.chance(0.25)) { // while forces are under way
            for (String group : List.copyOf(victim.process.hosted())) {
                cluster.sharding().move(group);
                victim.process.deliver(() -> victim.process.stopGroup(group));
            }
        }
        later(act, () -> {
            boolean lost = victim.running() && mayLoseTail(victim);
            if (lost && !victim.logs.isEmpty() && cluster.plan().flushMessages() != 1) {
                cluster.judge().lostTail(victim.id);
            }
            cluster.kill(victim, lost);
            victim.failForces = false;
            cluster.time().after(500 * Timeline.MILLIS, () -> cluster.boot(victim));
        });
    }

    private void stopCleanly(Machine victim, Act act) {
        if (!victim.awake()) {
            return;
        }
        cluster.reach().hit(Reach.Point.CLEAN_STOP);
        BrokerProcess process = victim.process;
        process.stopCleanly(() -> {
            if (process.alive()) {
                victim.logs.values().forEach(log -> {
                    log.flushed(log.logEndOffset(), log.truncations());
                    log.checkpointHighWatermark();
                });
                cluster.kill(victim, false);
                victim.closedCleanly = !process.session().hidesLoss(); // else the next life would not tell either
                later(act, () -> cluster.boot(victim));
            }
        });
    }

    private void deleteRecords(Dice dice) {
        MetadataImage image = cluster.journal().image();
        List<TopicIdPartition> ids = new ArrayList<>();
        cluster.judge().truths().forEach(truth -> {
            if (!cluster.groups().holds(truth.id())) {
                ids.add(truth.id());
            }
        });
        if (ids.isEmpty()) {
            return;
        }
        TopicIdPartition id = dice.pick(ids);
        MetadataImage.Topic topic = image.topic(id.topicId());
        int leader = topic == null ? -1 : image.groupOf(topic, id.partition()).leader();
        if (leader > 0) {
            cluster.toProcess(leader, host -> {
                LeaderShell shell = host.leaderOf(id);
                if (shell != null) {
                    shell.deleteRecords(dice.between(0, 100));
                }
            });
        }
    }
}
