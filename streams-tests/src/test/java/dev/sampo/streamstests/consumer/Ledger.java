package dev.sampo.streamstests.consumer;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the members of one group have processed, in the order in which they did: nothing is left out, and each member goes
 * through a partition in order for as long as it has it.
 */
final class Ledger {
    private final Map<Integer, Long> highest = new TreeMap<>(); // by partition
    private final List<String> violations = new ArrayList<>();
    private long processed;
    private long again;

    /** One member's view. */
    final class Member {
        private final String name;
        private final Map<Integer, Long> last = new TreeMap<>();
        private final Set<Integer> moved = new HashSet<>(); // may begin elsewhere, since the group was asked
        private final Set<Integer> owned = new HashSet<>(); // as its handler was told

        private Member(String name) {
            this.name = name;
        }

        void assigned(Set<Integer> partitions) {
            synchronized (Ledger.this) {
                moved.addAll(partitions);
                owned.addAll(partitions);
            }
        }

        void revoked(Set<Integer> partitions) {
            synchronized (Ledger.this) {
                moved.addAll(partitions);
                owned.removeAll(partitions);
            }
        }

        void process(int partition, long offset) {
            synchronized (Ledger.this) {
                long next = highest.getOrDefault(partition, -1L) + 1;
                if (offset > next) {
                    violations.add(name + " left out " + next + " to " + (offset - 1) + " of partition " + partition);
                }
                Long before = last.put(partition, offset);
                if (before != null && offset != before + 1 && !moved.contains(partition)) {
                    violations.add(name + " went from " + before + " to " + offset + " in partition " + partition);
                }
                if (before != null && offset != before + 1) {
                    moved.remove(partition);
                }
                processed++;
                again += offset < next ? 1 : 0;
                highest.merge(partition, offset, Math::max);
            }
        }
    }

    Member member(String name) {
        return new Member(name);
    }

    synchronized List<String> violations() {
        return List.copyOf(violations);
    }

    /** By partition the offset behind the last one processed. */
    synchronized Map<Integer, Long> ends() {
        var ends = new TreeMap<Integer, Long>();
        highest.forEach((partition, offset) -> ends.put(partition, offset + 1));
        return ends;
    }

    synchronized long processed() {
        return processed;
    }

    /** Of those processed: not for the first time. */
    synchronized long again() {
        return again;
    }

    /** Each of these members has some of the partitions, and together they have all. */
    synchronized boolean isSettled(Collection<Member> members, int partitions) {
        var all = new HashSet<Integer>();
        members.forEach(member -> all.addAll(member.owned));
        return all.size() == partitions && members.stream().noneMatch(member -> member.owned.isEmpty());
    }
}
