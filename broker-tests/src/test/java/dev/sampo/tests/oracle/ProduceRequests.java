package dev.sampo.tests.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceDataCollection;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;

import static dev.sampo.tests.oracle.Catalogue.name;

/**
 * Produce, and DescribeProducers for what it left. Topic {@code log} is filled here for the fetching parts. Null records are
 * left out: Kafka 4.4.0 fails inside and never answers.
 */
final class ProduceRequests {
    static final String LOG = "log";

    private final OracleRun run;
    private final Topics topics;
    private final Batches batches;

    ProduceRequests(OracleRun run, Topics topics) {
        this.run = run;
        this.topics = topics;
        this.batches = new Batches(run.baseTimeMs());
    }

    void run() {
        topics.create("produce", 3, Map.of());
        topics.create("compact", 1, Map.of("cleanup.policy", "compact"));
        topics.create("small", 1, Map.of("max.message.bytes", "1000"));
        topics.create("append-time", 1, Map.of("message.timestamp.type", "LogAppendTime"));
        topics.create("gzip", 1, Map.of("compression.type", "gzip"));
        topics.create("plain", 1, Map.of("compression.type", "uncompressed"));
        topics.create("two-in-sync", 1, Map.of("min.insync.replicas", "2"));
        for (int version = 3; version <= 13; version++) {
            eachVersion(version);
        }
        for (int version : new int[] {3, 7, 8, 9, 12, 13}) {
            badBatches(version);
        }
        topicSettings();
        idempotence();
        fillLog();
    }

    private void eachVersion(int version) {
        produce("acks-all", version, -1, "produce", 0, batches.plain(0, 3));
        produce("acks-one", version, 1, "produce", 1, batches.plain(0, 1));
        run.callWithoutAnswer(version, request(version, 0, "produce", 0, batches.plain(3, 2)));
        produce("after-acks-none", version, 1, "produce", 0, batches.plain(5, 1));
        produce("acks-two", version, 2, "produce", 0, batches.plain(0, 1));
        produce("unknown-partition", version, 1, "produce", 9, batches.plain(0, 1));
        produce("unknown-topic", version, 1, "nowhere", 0, batches.plain(0, 1));
        run.call(name("produce", version, "one-good-one-bad-partition"), version, request(version, -1, "produce",
                partition(2, batches.plain(0, 2)), partition(7, batches.plain(0, 2)), partition(1, batches.wrongCrc())));
        run.call(name("produce", version, "nothing"), version, new ProduceRequestData().setAcks((short) -1).setTimeoutMs(1_000));
        for (CompressionType codec : CompressionType.values()) {
            produce("codec-" + codec.name, version, -1, "produce", 2, batches.compressed(Compression.of(codec.name).build(), 0, 20));
        }
        produce("too-large", version, 1, "small", 0, batches.ofSize(2_000));
        produce("too-few-in-sync", version, -1, "two-in-sync", 0, batches.plain(0, 1));
        produce("too-few-in-sync-acks-one", version, 1, "two-in-sync", 0, batches.plain(0, 1));
    }

    private void badBatches(int version) {
        produce("two-batches", version, 1, "produce", 0, batches.twoBatches());
        produce("wrong-crc", version, 1, "produce", 0, batches.wrongCrc());
        produce("magic-one", version, 1, "produce", 0, batches.magic((byte) 1));
        produce("magic-zero", version, 1, "produce", 0, batches.magic((byte) 0));
        produce("magic-three", version, 1, "produce", 0, batches.magicByte(3));
        produce("no-batch", version, 1, "produce", 0, MemoryRecords.EMPTY);
        produce("truncated-batch", version, 1, "produce", 0, batches.truncated());
        produce("record-count-too-small", version, 1, "produce", 0, batches.recordCount(1));
        produce("record-count-too-large", version, 1, "produce", 0, batches.recordCount(3));
        produce("record-count-negative", version, 1, "produce", 0, batches.recordCount(-1));
        produce("last-offset-delta-too-large", version, 1, "produce", 0, batches.lastOffsetDelta(7));
        produce("last-offset-delta-negative", version, 1, "produce", 0, batches.lastOffsetDelta(-1));
        produce("codec-five", version, 1, "produce", 0, batches.codec(5));
        produce("not-really-compressed", version, 1, "produce", 0, batches.notReallyCompressed());
        produce("sequence-without-producer", version, 1, "produce", 0, batches.sequenceWithoutProducer());
        produce("base-offset-set", version, 1, "produce", 0, batches.withBaseOffset(55));
        produce("control-batch", version, 1, "produce", 0, batches.controlBatch(3));
        produce("log-append-time-by-producer", version, 1, "produce", 0, batches.logAppendTime());
        produce("a-day-ahead", version, 1, "produce", 0, batches.at(System.currentTimeMillis() + 86_400_000));
        produce("long-ago", version, 1, "produce", 0, batches.at(1));
        produce("no-timestamp", version, 1, "produce", 0, batches.at(-1));
        produce("no-key-compact", version, 1, "compact", 0, batches.withoutKey());
    }

    private void topicSettings() {
        for (int version : new int[] {3, 9, 13}) {
            produce("append-time", version, -1, "append-time", 0, batches.plain(0, 2));
            produce("with-key-compact", version, -1, "compact", 0, batches.plain(0, 2));
            produce("recompressed", version, -1, "gzip", 0, batches.plain(0, 30));
            produce("decompressed", version, -1, "plain", 0, batches.compressed(Compression.zstd().build(), 0, 30));
        }
    }

    private void idempotence() {
        long producerId = newProducer("producer a");
        for (int sequence = 0; sequence < 12; sequence += 2) {
            produce("sequence-" + sequence, 9, -1, "produce", 1, batches.idempotent(producerId, 0, sequence, 2));
        }
        produce("last-again", 9, -1, "produce", 1, batches.idempotent(producerId, 0, 10, 2));
        produce("fifth-last-again", 9, -1, "produce", 1, batches.idempotent(producerId, 0, 2, 2));
        produce("sixth-last-again", 9, -1, "produce", 1, batches.idempotent(producerId, 0, 0, 2));
        produce("partial-overlap", 9, -1, "produce", 1, batches.idempotent(producerId, 0, 11, 2));
        produce("gap", 9, -1, "produce", 1, batches.idempotent(producerId, 0, 20, 2));
        produce("new-epoch-not-zero", 9, -1, "produce", 1, batches.idempotent(producerId, 1, 12, 2));
        produce("new-epoch", 9, -1, "produce", 1, batches.idempotent(producerId, 1, 0, 2));
        produce("old-epoch", 9, -1, "produce", 1, batches.idempotent(producerId, 0, 12, 2));
        long unknown = newProducer("producer b");
        produce("unknown-producer-sequence-not-zero", 9, -1, "produce", 1, batches.idempotent(unknown, 0, 40, 2));
        produce("then-the-next", 9, -1, "produce", 1, batches.idempotent(unknown, 0, 42, 2));
        produce("then-sequence-zero", 9, -1, "produce", 1, batches.idempotent(unknown, 0, 0, 2));
        long wrap = newProducer("producer c");
        produce("sequence-up-to-the-largest", 9, -1, "produce", 1, batches.idempotent(wrap, 0, Integer.MAX_VALUE - 1, 1));
        produce("sequence-the-largest-and-zero", 9, -1, "produce", 1, batches.idempotent(wrap, 0, Integer.MAX_VALUE, 2));
        produce("sequence-after-the-wrap", 9, -1, "produce", 1, batches.idempotent(wrap, 0, 1, 2));
        for (String topic : List.of("produce", "nowhere")) {
            run.call("describe-producers.v00." + topic, 0, describeProducers(topic, 1));
        }
        run.call("describe-producers.v00.unknown-partition", 0, describeProducers("produce", 8));
        run.call("describe-producers.v00.nobody", 0, describeProducers("small", 0));
    }

    private long newProducer(String label) {
        InitProducerIdResponseData answer = run.ask(4, new InitProducerIdRequestData().setTransactionalId(null).setTransactionTimeoutMs(60_000));
        run.normalizer().learnProducer(answer.producerId(), label);
        return answer.producerId();
    }

    private static DescribeProducersRequestData describeProducers(String topic, Integer... partitions) {
        return new DescribeProducersRequestData().setTopics(new DescribeProducersRequestData.TopicRequestCollection(List.of(
                new DescribeProducersRequestData.TopicRequest().setName(topic).setPartitionIndexes(List.of(partitions))).iterator()));
    }

    /** Offsets 0..59: six batches of ten, each with another codec, the last one idempotent. */
    private void fillLog() {
        topics.create(LOG, 3, Map.of());
        produce("log-none", 9, -1, LOG, 0, batches.plain(0, 10));
        produce("log-gzip", 9, -1, LOG, 0, batches.compressed(Compression.gzip().build(), 10, 10));
        produce("log-snappy", 9, -1, LOG, 0, batches.compressed(Compression.snappy().build(), 20, 10));
        produce("log-lz4", 9, -1, LOG, 0, batches.compressed(Compression.lz4().build(), 30, 10));
        produce("log-zstd", 9, -1, LOG, 0, batches.compressed(Compression.zstd().build(), 40, 10));
        produce("log-idempotent", 9, -1, LOG, 0, batches.idempotent(newProducer("producer of the log"), 0, 0, 10));
        produce("log-other-partition", 9, -1, LOG, 1, batches.plain(0, 5));
    }

    private void produce(String what, int version, int acks, String topic, int partition, MemoryRecords records) {
        run.call(name("produce", version, what), version, request(version, acks, topic, partition, records));
    }

    private ProduceRequestData request(int version, int acks, String topic, int partition, MemoryRecords records) {
        return request(version, acks, topic, partition(partition, records));
    }

    private static PartitionProduceData partition(int index, MemoryRecords records) {
        return new PartitionProduceData().setIndex(index).setRecords(records);
    }

    private ProduceRequestData request(int version, int acks, String topic, PartitionProduceData... partitions) {
        var data = new TopicProduceData().setPartitionData(new ArrayList<>(List.of(partitions)));
        if (version >= 13) {
            data.setTopicId(topics.id(topic));
        } else {
            data.setName(topic).setTopicId(Uuid.ZERO_UUID);
        }
        return new ProduceRequestData()
                .setAcks((short) acks)
                .setTimeoutMs(5_000)
                .setTopicData(new TopicProduceDataCollection(List.of(data).iterator()));
    }
}
