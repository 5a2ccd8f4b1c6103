package dev.sampo.tests.hostile;

import dev.sampo.tests.wire.RawConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Writes a numbered record and reads it back, again and again, on one connection, and measures how long that takes. */
final class HealthyClient implements AutoCloseable {
    static final String TOPIC = "healthy";
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);
    private static final long PAUSE_NANOS = 2_000_000;

    private final RawConnection connection;
    private long nextOffset;

    HealthyClient(String host, int port) throws IOException {
        connection = RawConnection.open(host, port, ANSWER_LIMIT, "healthy");
    }

    /** One write and one read. @return nanoseconds that both took. @throws IOException the connection failed */
    long roundTripNanos() throws IOException {
        long start = System.nanoTime();
        var topics = new ProduceRequestData.TopicProduceDataCollection();
        topics.add(new ProduceRequestData.TopicProduceData().setName(TOPIC).setPartitionData(List.of(new ProduceRequestData.PartitionProduceData()
                .setRecords(MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(text(nextOffset).getBytes(StandardCharsets.UTF_8)))))));
        var produced = (ProduceResponseData) connection.ask((short) 9, new ProduceRequestData().setAcks((short) -1).setTimeoutMs(10_000).setTopicData(topics));
        var answer = produced.responses().iterator().next().partitionResponses().getFirst();
        if (answer.errorCode() != 0 || answer.baseOffset() != nextOffset) {
            throw new AssertionError("record " + nextOffset + " got offset " + answer.baseOffset() + ", error " + answer.errorCode());
        }
        check(nextOffset, readFrom(nextOffset).getFirst());
        nextOffset++;
        long nanos = System.nanoTime() - start;
        LockSupport.parkNanos(PAUSE_NANOS);
        return nanos;
    }

    /** The 99th percentile of as many round trips as {@code more} allows. */
    double p99Ms(java.util.function.BooleanSupplier more) {
        var nanos = new long[100_000];
        int count = 0;
        try {
            while ((more.getAsBoolean() || count < 200) && count < nanos.length) {
                nanos[count++] = roundTripNanos();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the healthy client lost its connection after " + count + " round trips", e);
        }
        Arrays.sort(nanos, 0, count);
        return nanos[(int) (count * 0.99)] / 1e6;
    }

    /** All that was written is there, in order. */
    void checkAll() throws IOException {
        long offset = 0;
        while (offset < nextOffset) {
            for (Record record : readFrom(offset)) {
                check(offset++, record);
            }
        }
    }

    private List<Record> readFrom(long offset) throws IOException {
        var fetched = (FetchResponseData) connection.ask((short) 11, new FetchRequestData()
                .setReplicaId(-1).setMaxWaitMs(5_000).setMinBytes(1).setMaxBytes(1 << 20).setSessionEpoch(-1)
                .setTopics(List.of(new FetchRequestData.FetchTopic().setTopic(TOPIC).setPartitions(List.of(
                        new FetchRequestData.FetchPartition().setFetchOffset(offset).setPartitionMaxBytes(1 << 20))))));
        var records = new java.util.ArrayList<Record>();
        ((MemoryRecords) fetched.responses().getFirst().partitions().getFirst().records()).records().forEach(records::add);
        return records;
    }

    private static void check(long offset, Record record) {
        ByteBuffer value = record.value();
        String text = StandardCharsets.UTF_8.decode(value).toString();
        if (record.offset() != offset || !text.equals(text(offset))) {
            throw new AssertionError("at offset " + offset + " is record " + record.offset() + " with " + text);
        }
    }

    private static String text(long number) {
        return "healthy record " + number;
    }

    @Override
    public void close() throws IOException {
        connection.close();
    }
}
