package dev.sampo.tests.simulation;

import dev.sampo.group.journal.GroupEvent;
import dev.sampo.group.journal.OffsetsRecords;
import dev.sampo.group.journal.OffsetsRecords.GroupFact;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** The content of one batch of {@code __consumer_offsets}: facts, and their records in the production encoding. */
final class GroupRecords {
    private static final SimpleRecord NOTHING = new SimpleRecord(0, new byte[] {0, 99}, new byte[0]); // of no known kind

    private final List<GroupFact> facts = new ArrayList<>();

    void add(String groupId, GroupEvent event) {
        facts.add(new GroupFact(groupId, event));
    }

    List<GroupFact> facts() {
        return facts;
    }

    /** One batch from {@code baseOffset} on; what is not to be seen stands there as records of an unknown kind. */
    ByteBuffer bytes(long baseOffset, Predicate<GroupFact> seen) {
        SimpleRecord[] records = facts.stream()
                .map(fact -> seen.test(fact) ? OffsetsRecords.encode(fact.groupId(), fact.event(), 0) : NOTHING)
                .toArray(SimpleRecord[]::new);
        return MemoryRecords.withRecords(baseOffset, Compression.NONE, records).buffer();
    }
}
