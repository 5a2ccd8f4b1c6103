package dev.sampo.http.kafka;

import dev.sampo.http.record.FetchedPartition;
import dev.sampo.http.record.FetchedRecord;
import dev.sampo.http.record.OutgoingRecord;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.jspecify.annotations.Nullable;

/** Reads records up to the high watermark, those of open and aborted transactions too; markers of transactions are left out. */
public final class FetchCalls {
    private static final int VERSION = 12; // the last that names topics
    private static final int NO_SESSION = -1;
    private static final Duration MARGIN = Duration.ofSeconds(10);

    private final BrokerCalls broker;

    /** Asks {@code broker}. */
    public FetchCalls(BrokerCalls broker) {
        this.broker = broker;
    }

    /**
     * Reads from several partitions of a topic.
     *
     * @param offsets where to begin, by partition; the order of the map is the order in which {@code maxBytes} is spent
     * @param maxWait how long to wait for the first record
     * @param maxBytes of all partitions; the first batch comes even if it is larger
     * @param maxPartitionBytes of each partition
     * @return by partition, in no order; to cancel it ends the wait
     */
    public CompletableFuture<List<FetchedPartition>> fetch(
            String topic, Map<Integer, Long> offsets, Duration maxWait, int maxBytes, int maxPartitionBytes) {
        var wanted = new FetchTopic().setTopic(topic);
        offsets.forEach((partition, offset) -> wanted.partitions().add(new FetchPartition()
                .setPartition(partition)
                .setFetchOffset(offset)
                .setPartitionMaxBytes(maxPartitionBytes)));
        var request = new FetchRequestData()
                .setReplicaId(-1)
                .setMaxWaitMs((int) maxWait.toMillis())
                .setMinBytes(1)
                .setMaxBytes(maxBytes)
                .setSessionEpoch(NO_SESSION)
                .setTopics(List.of(wanted));
        var answer = broker.waiting(ApiKeys.FETCH, VERSION, request, maxWait.plus(MARGIN));
        CompletableFuture<List<FetchedPartition>> read = answer.thenApply(response -> {
            var partitions = new ArrayList<FetchedPartition>();
            var fetched = (FetchResponseData) response;
            KafkaProblems.check(fetched.errorCode(), null);
            fetched.responses().forEach(one -> one.partitions().forEach(partition -> partitions.add(
                    read(partition, offsets.getOrDefault(partition.partitionIndex(), 0L)))));
            return partitions;
        });
        var _ = read.whenComplete((done, failure) -> {
            if (read.isCancelled()) {
                answer.cancel(false);
            }
        });
        return read;
    }

    private static FetchedPartition read(PartitionData data, long fetchOffset) {
        Errors error = Errors.forCode(data.errorCode());
        if (error == Errors.OFFSET_OUT_OF_RANGE) {
            return new FetchedPartition(
                    data.partitionIndex(), List.of(), fetchOffset, data.highWatermark(), data.logStartOffset(), true);
        }
        KafkaProblems.check(data.errorCode(), null);
        var records = new ArrayList<FetchedRecord>();
        long next = fetchOffset;
        if (data.records() instanceof MemoryRecords memory) {
            for (RecordBatch batch : memory.batches()) {
                batch.ensureValid();
                if (!batch.isControlBatch()) {
                    for (Record record : batch) {
                        if (record.offset() >= fetchOffset) {
                            records.add(record(data.partitionIndex(), batch, record));
                        }
                    }
                }
                next = Math.max(next, batch.nextOffset());
            }
        }
        return new FetchedPartition(
                data.partitionIndex(), records, next, data.highWatermark(), data.logStartOffset(), false);
    }

    private static FetchedRecord record(int partition, RecordBatch batch, Record record) {
        var headers = new ArrayList<OutgoingRecord.Header>(record.headers().length);
        for (Header header : record.headers()) {
            headers.add(new OutgoingRecord.Header(header.key(), header.value()));
        }
        boolean appendTime = batch.timestampType() == TimestampType.LOG_APPEND_TIME;
        return new FetchedRecord(
                partition, record.offset(), record.timestamp(), appendTime, bytes(record.key()), bytes(record.value()),
                headers);
    }

    private static byte @Nullable [] bytes(@Nullable ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        var bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
