package dev.sampo.client.internal.consumer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class RecordDecoderTest {
    private static final TopicPartition P0 = new TopicPartition("t", 0);

    private static SimpleRecord record(String value) {
        return new SimpleRecord(1_000L, null, value.getBytes(StandardCharsets.UTF_8));
    }

    private static MemoryRecords concat(MemoryRecords... parts) {
        ByteBuffer all = ByteBuffer.allocate(List.of(parts).stream().mapToInt(MemoryRecords::sizeInBytes).sum());
        for (MemoryRecords part : parts) {
            all.put(part.buffer());
        }
        return MemoryRecords.readableRecords(all.flip());
    }

    private static List<ConsumerRecord<String, String>> decode(
            MemoryRecords records, long fetchOffset, List<AbortedTransaction> aborted) {
        return decode(records, fetchOffset, Long.MAX_VALUE, aborted);
    }

    private static List<ConsumerRecord<String, String>> decode(
            MemoryRecords records, long fetchOffset, long until, List<AbortedTransaction> aborted) {
        var decoder = new RecordDecoder<>(new Chunk(P0, 1, fetchOffset, until, records, aborted), true,
                new StringDeserializer(), new StringDeserializer(), BufferSupplier.NO_CACHING);
        var decoded = new ArrayList<ConsumerRecord<String, String>>();
        for (var next = decoder.next(); next != null; next = decoder.next()) {
            decoded.add(next);
        }
        return decoded;
    }

    @ParameterizedTest
    @EnumSource(CompressionType.class)
    void recordsOfEveryCodecComeInOrderFromTheOffsetWanted(CompressionType codec) {
        // Given
        Compression compression = Compression.of(codec).build();
        MemoryRecords records = concat(
                MemoryRecords.withRecords(10L, compression, record("a"), record("b"), record("c")),
                MemoryRecords.withRecords(13L, compression, record("d")));

        // When
        var decoded = decode(records, 11, List.of());

        // Then
        assertThat(decoded).extracting(ConsumerRecord::value).containsExactly("b", "c", "d");
        assertThat(decoded).extracting(ConsumerRecord::offset).containsExactly(11L, 12L, 13L);
        assertThat(decoded).allMatch(record -> record.key() == null && record.timestamp() == 1_000);
    }

    @Test
    void nothingIsReadFromTheOffsetOnWhereTheChunkEnds() {
        // Given
        MemoryRecords records = concat(
                MemoryRecords.withRecords(10L, Compression.NONE, record("a"), record("b"), record("c")),
                MemoryRecords.withRecords(13L, Compression.NONE, record("d")));

        // When, Then
        assertThat(decode(records, 10, 12, List.of())).extracting(ConsumerRecord::value).containsExactly("a", "b");
        assertThat(decode(records, 10, 13, List.of())).extracting(ConsumerRecord::value).containsExactly("a", "b", "c");
    }

    @Test
    void recordsOfAbortedTransactionsAreLeftOutUntilTheirMarker() {
        // Given
        MemoryRecords records = concat(
                MemoryRecords.withTransactionalRecords(0L, Compression.NONE, 7, (short) 0, 0, 1, record("aborted")),
                MemoryRecords.withTransactionalRecords(1L, Compression.NONE, 8, (short) 0, 0, 1, record("other")),
                MemoryRecords.withEndTransactionMarker(2L, 1_000, 1, 7, (short) 0,
                        new EndTransactionMarker(ControlRecordType.ABORT, 0)),
                MemoryRecords.withTransactionalRecords(3L, Compression.NONE, 7, (short) 0, 1, 1, record("committed")));

        // When
        var decoded = decode(records, 0,
                List.of(new AbortedTransaction().setProducerId(7).setFirstOffset(0)));

        // Then
        assertThat(decoded).extracting(ConsumerRecord::value).containsExactly("other", "committed");
    }

    @Test
    void aBatchThatDoesNotMatchItsCrcIsRefusedByOffset() {
        // Given
        MemoryRecords records = MemoryRecords.withRecords(10L, Compression.NONE, record("a"));
        ByteBuffer bytes = records.buffer();
        bytes.put(bytes.limit() - 3, (byte) ~bytes.get(bytes.limit() - 3));

        // When, Then
        assertThatThrownBy(() -> decode(records, 10, List.of()))
                .isInstanceOf(CorruptRecordException.class).hasMessageContaining("offset 10 of t-0");
    }
}
