package dev.sampo.client.internal.consumer;

import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * The records of one partition from one fetch response, still encoded.
 *
 * @param assignment counts how often this consumer was given the partition; tells apart what belongs to an older time
 * @param fetchOffset first offset wanted; batches may begin before it
 * @param until records from here on are left out
 * @param aborted transactions whose records are left out; empty when reading uncommitted
 */
record Chunk(
        TopicPartition partition,
        long assignment,
        long fetchOffset,
        long until,
        MemoryRecords records,
        List<AbortedTransaction> aborted) {

    int sizeBytes() {
        return records.sizeInBytes();
    }
}
