package dev.sampo.tests.simulation;

import dev.sampo.actors.protocol.Group;
import dev.sampo.group.journal.ConsumerGroupEvent;
import dev.sampo.group.journal.GroupEvent;
import dev.sampo.group.journal.GroupEvent.GroupRemoved;
import dev.sampo.group.journal.GroupEvent.GroupStored;
import dev.sampo.group.journal.GroupEvent.OffsetCommitted;
import dev.sampo.group.journal.GroupEvent.OffsetKey;
import dev.sampo.group.journal.GroupEvent.OffsetRemoved;
import dev.sampo.group.journal.GroupEvent.StoredMember;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is true of one group whoever coordinates it: the facts that are committed in its partition of {@code __consumer_offsets}, in
 * their order, and what its clients have asked for. A commit carries its request's name as metadata, so that each offset tells
 * where it comes from. Invariants 28 and 29.
 */
final class GroupTruth {
    /**
     * A commit as its client sent it.
     *
     * @param generationId -1 from outside of the group protocol
     * @param number grows with each request of one client
     * @param reset an administrator's
     * @param readMicros when the client asked for the offset from which it has gone on since; never for none
     */
    record Commit(String client, long number, String memberId, int generationId, boolean reset, long readMicros) {
        String name() {
            return client + "#" + number;
        }
    }

    private record Ack(int version, int leaderEpoch) {}

    private static final class Offset {
        @Nullable OffsetCommitted now;
        int versions; // facts with this key so far, removals too
        int removed = -1; // version of the last removal
        long sinceMicros; // when it became true
        final NavigableMap<Long, Integer> removals = new TreeMap<>(); // when, and the version
        final NavigableMap<Long, Integer> additions = new TreeMap<>();
        boolean stray; // it came from a member in the right epoch that had given the partition up: nothing forbids that
        final Map<String, Integer> versionOf = new HashMap<>(); // by name of the request
        final List<Ack> acks = new ArrayList<>();
    }

    private final GroupJudge judge;
    private final String groupId;
    private final Map<String, Commit> commits = new HashMap<>(); // by name
    private final Map<OffsetKey, Offset> offsets = new HashMap<>();
    private final List<GroupStored> generations = new ArrayList<>();
    private final ConsumerGroupTruth consumers;
    private final Set<String> left = new HashSet<>();
    private final Set<OffsetKey> mayBeRemoved = new HashSet<>();
    private boolean mayDie;
    private @Nullable GroupStored stored;

    GroupTruth(GroupJudge judge, String groupId) {
        this.judge = judge;
        this.groupId = groupId;
        this.consumers = new ConsumerGroupTruth(groupId);
    }

    // ---- what clients ask for ----

    void sent(Commit commit) {
        commits.put(commit.name(), commit);
    }

    void leaving(String memberId) {
        left.add(memberId);
    }

    void removalAsked(OffsetKey key) {
        mayBeRemoved.add(key);
    }

    void deletionAsked() {
        mayDie = true;
    }

    // ---- facts ----

    void committed(GroupEvent event) {
        switch (event) {
            case OffsetCommitted offset -> committed(offset);
            case OffsetRemoved(OffsetKey key) -> {
                if (!mayDie && !mayBeRemoved.contains(key) && !judge.isDoomed(key.topic())) {
                    throw new Violation(29, "the offset of " + key + " of " + groupId + " is removed, nobody asked for that");
                }
                if (judge.isDoomed(key.topic())) {
                    judge.reach().hit(Reach.Point.OFFSETS_OF_TOPIC_REMOVED);
                }
                Offset offset = offset(key);
                offset.removed = ++offset.versions;
                offset.removals.putIfAbsent(judge.nowMicros(), offset.removed);
                offset.now = null;
            }
            case GroupStored next -> stored(next);
            case ConsumerGroupEvent fact -> consumers.committed(fact, mayDie);
            case GroupRemoved removed -> {
                // A group that only commits made is removed as what it was when members of the other protocol come.
                if (!mayDie && !judge.isConsumerGroup(groupId)) {
                    throw new Violation(29, groupId + " is removed, nobody asked for that");
                }
                if (stored != null && !stored.members().isEmpty()) {
                    throw new Violation(28, groupId + " is removed while it has members: " + stored);
                }
                stored = null;
                generations.clear();
            }
        }
    }

    private Offset offset(OffsetKey key) {
        return offsets.computeIfAbsent(key, k -> new Offset());
    }

    private void committed(OffsetCommitted fact) {
        Commit commit = commits.get(fact.metadata());
        if (commit == null) {
            throw new Violation(29, "nobody has asked " + groupId + " for " + fact);
        }
        boolean inConsumerGroup = judge.isConsumerGroup(groupId);
        if (inConsumerGroup) {
            consumers.requireMayCommit(commit, fact);
        } else if (commit.generationId() >= 0 && (stored == null || stored.generationId() != commit.generationId()
                || member(stored, commit.memberId()) == null)) {
            throw new Violation(29, groupId + " took " + fact + " from " + commit + ", which is no member of " + brief(stored));
        }
        if (commit.generationId() < 0 && stored != null && !stored.members().isEmpty()) {
            throw new Violation(29, groupId + " took " + fact + " from outside, it has members: " + brief(stored));
        }
        Offset offset = offset(fact.key());
        OffsetCommitted before = offset.now;
        boolean stray = inConsumerGroup && commit.generationId() >= 0
                && !consumers.holds(commit.memberId(), fact.key().partition());
        if (stray) {
            judge.reach().hit(Reach.Point.STRAY_COMMIT);
        }
        if (before != null && fact.offset() < before.offset() && !commit.reset() && !stray && !offset.stray) {
            Commit other = commits.get(before.metadata());
            // A request of its own that was overtaken, by the next one or, in one generation, by its reading of what is committed.
            boolean late = other.client().equals(commit.client())
                    && (inConsumerGroup || other.generationId() == commit.generationId())
                    && (other.number() > commit.number() || offset.sinceMicros >= commit.readMicros());
            if (!late) {
                throw new Violation(29, "the committed offset of " + fact.key() + " of " + groupId + " went back from "
                        + before.offset() + " by " + other + " to " + fact.offset() + " by " + commit);
            }
        }
        offset.now = fact;
        offset.stray = stray;
        offset.sinceMicros = judge.nowMicros();
        offset.versionOf.put(fact.metadata(), ++offset.versions);
        offset.additions.put(offset.sinceMicros, offset.versions);
    }

    private void stored(GroupStored next) {
        var owners = new HashMap<Byte, String>();
        for (StoredMember member : next.members()) {
            for (byte partition : member.assignment()) {
                String other = owners.put(partition, owner(member));
                if (other != null) {
                    throw new Violation(28, "partition " + partition + " of " + groupId + " has two owners in generation "
                            + next.generationId() + ": " + other + " and " + member.memberId());
                }
            }
        }
        GroupStored before = stored;
        if (before != null && next.generationId() < before.generationId()) {
            throw new Violation(28, groupId + " went back from generation " + before.generationId() + " to " + next.generationId());
        }
        if (before != null && next.generationId() == before.generationId()) {
            for (StoredMember member : before.members()) {
                for (byte partition : member.assignment()) {
                    String now = owners.get(partition);
                    if (now != null && !now.equals(owner(member))) {
                        throw new Violation(28, "partition " + partition + " of " + groupId + " went from " + owner(member) + " to "
                                + now + " in generation " + next.generationId());
                    }
                }
            }
        }
        stored = next;
        generations.add(next);
    }

    private static String owner(StoredMember member) {
        return member.groupInstanceId() == null ? member.memberId() : member.groupInstanceId();
    }

    private static @Nullable StoredMember member(GroupStored generation, String memberId) {
        for (StoredMember member : generation.members()) {
            if (member.memberId().equals(memberId)) {
                return member;
            }
        }
        return null;
    }

    static boolean sameGeneration(GroupStored one, GroupStored other) {
        return one.generationId() == other.generationId() && one.members().size() == other.members().size()
                && one.members().stream().allMatch(member -> {
                    StoredMember same = member(other, member.memberId());
                    return same != null && Arrays.equals(same.assignment(), member.assignment());
                });
    }

    // ---- what clients hear ----

    /** A commit is acknowledged: it is stored. */
    void acked(OffsetKey key, String name, int leaderEpoch) {
        Integer version = offset(key).versionOf.get(name);
        if (version == null) {
            throw new Violation(29, commits.get(name) + " of " + key + " of " + groupId + " is acknowledged and not stored");
        }
        offset(key).acks.add(new Ack(version, leaderEpoch));
    }

    /** The removal of an offset is acknowledged: it has been stored since it was asked for, or there was nothing to remove. */
    void removalAcked(OffsetKey key, long askedMicros, int leaderEpoch) {
        Offset offset = offset(key);
        Map.Entry<Long, Integer> removal = offset.removals.ceilingEntry(askedMicros);
        if (removal != null) {
            offset.acks.add(new Ack(removal.getValue(), leaderEpoch));
            return;
        }
        Map.Entry<Long, Integer> there = offset.additions.lowerEntry(askedMicros);
        if (there != null && there.getValue() > offset.removed) {
            throw new Violation(29, "the removal of " + key + " of " + groupId + " is acknowledged and not stored");
        }
    }

    /** A coordinator of some leader epoch tells an offset: at least what it, or one before it, has acknowledged. */
    void told(OffsetKey key, Group.FetchedOffset told, int leaderEpoch, int broker) {
        Offset offset = offset(key);
        int least = 0;
        for (Ack ack : offset.acks) {
            if (ack.leaderEpoch() <= leaderEpoch) {
                least = Math.max(least, ack.version());
            }
        }
        Integer version = told.offset() < 0 ? Integer.valueOf(Math.max(offset.removed, 0)) : offset.versionOf.get(told.metadata());
        if (version == null || version < least) {
            throw new Violation(29, "broker " + broker + " tells of " + key + " of " + groupId + " in epoch " + leaderEpoch + ": "
                    + told + ", which " + (version == null ? "is not stored" : "is older than what was acknowledged: now "
                    + offset.now));
        }
    }

    /** A member has its assignment: it is that of a stored generation. */
    void synced(String memberId, int generationId, byte[] assignment) {
        for (int i = generations.size() - 1; i >= 0; i--) {
            GroupStored generation = generations.get(i);
            StoredMember member = generation.generationId() == generationId ? member(generation, memberId) : null;
            if (member != null && Arrays.equals(member.assignment(), assignment)) {
                return;
            }
        }
        throw new Violation(28, memberId + " of " + groupId + " has " + Arrays.toString(assignment) + " in generation " + generationId
                + ", which is not stored: " + brief(stored));
    }

    boolean wasMember(String memberId, int generationId) {
        return generations.stream().anyMatch(
                generation -> generation.generationId() == generationId && member(generation, memberId) != null);
    }

    boolean isMember(String memberId, int generationId) {
        return stored != null && stored.generationId() == generationId && member(stored, memberId) != null && !left.contains(memberId);
    }

    /** Whether it is a member by the consumer protocol that has not said that it leaves. */
    boolean isConsumer(String memberId) {
        return consumers.isMember(memberId) && !left.contains(memberId);
    }

    /** A member hears where it is: that is stored. */
    void toldAssignment(Group.ConsumerGroupHeartbeatReply reply) {
        consumers.told(reply);
    }

    /** Generation or epoch, 0 without any. */
    int generationId() {
        return judge.isConsumerGroup(groupId) ? consumers.epoch() : stored == null ? 0 : stored.generationId();
    }

    int memberCount() {
        return judge.isConsumerGroup(groupId) ? consumers.memberCount() : stored == null ? 0 : stored.members().size();
    }

    private static String brief(@Nullable GroupStored generation) {
        return generation == null ? "no generation" : "generation " + generation.generationId() + " "
                + generation.members().stream().map(member -> member.memberId() + Arrays.toString(member.assignment())).toList();
    }

    @Override
    public String toString() {
        return groupId + ": " + (judge.isConsumerGroup(groupId) ? consumers : brief(stored));
    }
}
