package dev.sampo.client.producer;

import java.util.List;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ProducerBatchTest {
    private static final Delivery NOBODY = new Delivery() {
        @Override
        public void acknowledged(RecordMetadata metadata) {}

        @Override
        public void failed(RuntimeException cause) {}
    };

    private final PartitionLine line = new PartitionLine(new TopicPartition("t", 0));

    @Test
    void splitGivesALargeRecordABatchOfItsOwnThoughASmallOneWouldFitBesideIt() {
        // Given
        ProducerBatch batch = batch(3_000, 3);
        batch.close(new SequenceLine(7, (short) 0));

        // When
        List<ProducerBatch> parts = batch.split(1_500, Compression.NONE);

        // Then
        assertThat(parts).extracting(ProducerBatch::recordCount).containsExactly(1, 1);
    }

    @Test
    void splitPartsGoOnInTheSameRunOfSequenceNumbers() {
        // Given
        ProducerBatch batch = batch(100, 100, 100, 100, 100, 100);
        var sequences = new SequenceLine(7, (short) 2);
        sequences.take(40);
        batch.close(sequences);

        // When
        List<ProducerBatch> parts = batch.split(400, Compression.NONE);

        // Then
        int next = 40;
        for (ProducerBatch part : parts) {
            RecordBatch header = part.records().batches().iterator().next();
            assertThat(header.baseSequence()).isEqualTo(next);
            assertThat(header.producerEpoch()).isEqualTo((short) 2);
            next += part.recordCount();
        }
        assertThat(next).isEqualTo(46);
        assertThat(parts.size()).isGreaterThan(1);
    }

    @Test
    void newSequenceNumbersChangeOnlyTheHeader() {
        // Given
        ProducerBatch batch = batch(10, 20);
        batch.close(new SequenceLine(7, (short) 0));
        int before = batch.sizeBytes();

        // When
        batch.forgetSequence();
        batch.close(new SequenceLine(7, (short) 1));

        // Then
        RecordBatch header = batch.records().batches().iterator().next();
        header.ensureValid();
        assertThat(header.producerEpoch()).isEqualTo((short) 1);
        assertThat(header.countOrNull()).isEqualTo(2);
        assertThat(batch.sizeBytes()).isEqualTo(before);
    }

    private ProducerBatch batch(int... valueSizes) {
        var batch = new ProducerBatch(line, 0, Compression.NONE, 8_000, 0);
        for (int size : valueSizes) {
            assertThat(batch.tryAppend(NOBODY, 0, null, new byte[size], new Header[0])).isTrue();
        }
        return batch;
    }
}
