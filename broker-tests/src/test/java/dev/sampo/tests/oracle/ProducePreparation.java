package dev.sampo.tests.oracle;

import java.util.List;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceDataCollection;

/** Records that other parts need, written outside of the recording. */
final class ProducePreparation {
    private final OracleRun run;
    private final Topics topics;

    ProducePreparation(OracleRun run, Topics topics) {
        this.run = run;
        this.topics = topics;
    }

    /** Appends {@code count} records in batches of two. */
    void fill(String topic, int partition, int count) {
        var batches = new Batches(run.baseTimeMs());
        for (int from = 0; from < count; from += 2) {
            run.ask(13, new ProduceRequestData().setAcks((short) -1).setTimeoutMs(5_000).setTopicData(new TopicProduceDataCollection(List.of(
                    new TopicProduceData().setTopicId(topics.id(topic)).setPartitionData(List.of(
                            new PartitionProduceData().setIndex(partition).setRecords(batches.plain(from, 2))))).iterator())));
        }
    }
}
