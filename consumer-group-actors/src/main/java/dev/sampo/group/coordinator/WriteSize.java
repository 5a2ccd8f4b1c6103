package dev.sampo.group.coordinator;

import dev.sampo.group.coordinator.GroupEffect.Persist;
import dev.sampo.group.journal.GroupEvent;
import dev.sampo.group.journal.GroupEvent.OffsetCommitted;
import java.util.List;

/** How much of a write the facts of a request take, so that one write is not given too many. */
final class WriteSize {
    private static final int REQUEST = 256; // without a fact too: a turn of the group has an end
    private static final int OFFSET = 512; // with the names of group and topic
    private static final int MEMBER = 16 * 1024; // subscriptions, assignments; seldom, and mostly far less

    private WriteSize() {}

    /** Bytes, about; for offsets rather more than less. */
    static int aboutBytes(List<GroupEffect> effects) {
        int bytes = REQUEST;
        for (GroupEffect effect : effects) {
            if (effect instanceof Persist(var events)) {
                for (GroupEvent event : events) {
                    bytes += event instanceof OffsetCommitted offset ? OFFSET + 3 * offset.metadata().length() : MEMBER;
                }
            }
        }
        return bytes;
    }
}
