package dev.sampo.group.consumer;

import dev.sampo.group.journal.ConsumerGroupEvent.ClassicMember;
import dev.sampo.group.journal.ConsumerGroupEvent.ClassicProtocol;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How many members of a consumer group speak the classic protocol, and what all of them offer. */
final class ClassicCounts {
    private final Map<String, Integer> offers = new HashMap<>(); // by name, to the members that offer it
    private int members;

    /** A member offers something else; null where it speaks the consumer protocol, or is not there. */
    void replace(@Nullable ClassicMember before, @Nullable ClassicMember after) {
        count(before, -1);
        count(after, 1);
    }

    private void count(@Nullable ClassicMember member, int change) {
        if (member != null) {
            members += change;
            for (ClassicProtocol protocol : member.protocols()) {
                offers.merge(protocol.name(), change, (count, more) -> count + more == 0 ? null : count + more);
            }
        }
    }

    int members() {
        return members;
    }

    /** True when all members of the classic protocol offer one of these; one that is offered has to be there. */
    boolean offerOneOf(Collection<String> names) {
        return names.stream().anyMatch(name -> offers.getOrDefault(name, 0) == members);
    }
}
