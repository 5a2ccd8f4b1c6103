package dev.sampo.group.coordinator;

import dev.sampo.group.coordinator.GroupEffect.Persist;
import dev.sampo.group.journal.GroupEvent;
import dev.sampo.group.journal.GroupEvent.OffsetCommitted;
import dev.sampo.group.journal.GroupEvent.OffsetKey;
import dev.sampo.group.journal.OffsetsRecords;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class WriteSizeTest {
    private static int recordBytes(GroupEvent event) {
        var record = OffsetsRecords.encode("g".repeat(100), event, 0);
        return record.key().remaining() + record.value().remaining();
    }

    @Test
    void offsetIsNotTakenForLessThanItsRecord() {
        for (String metadata : List.of("", "x", "ä".repeat(4096), "\u6f22".repeat(4096))) {
            // Given
            var offset = new OffsetCommitted(new OffsetKey("t".repeat(249), 7), Uuid.randomUuid(), 1, 1, metadata, 1, -1);

            // When
            int about = WriteSize.aboutBytes(List.of(new Persist(List.of(offset))));

            // Then
            assertThat(about).isGreaterThanOrEqualTo(recordBytes(offset));
        }
    }

    @Test
    void requestsThatStoreNothingFillATurnToo() {
        assertThat(WriteSize.aboutBytes(List.of())).isPositive();
    }
}
