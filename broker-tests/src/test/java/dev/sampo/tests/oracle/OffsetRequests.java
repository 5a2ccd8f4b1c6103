package dev.sampo.tests.oracle;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection;

import static dev.sampo.tests.oracle.Catalogue.name;

/** ListOffsets, OffsetForLeaderEpoch, DeleteRecords and DescribeLogDirs over the filled topic. */
final class OffsetRequests {
    private static final String LOG = ProduceRequests.LOG;

    private final OracleRun run;
    private final Topics topics;

    OffsetRequests(OracleRun run, Topics topics) {
        this.run = run;
        this.topics = topics;
    }

    void run() {
        for (int version = 1; version <= 11; version++) {
            listOffsets(version);
        }
        for (int version = 2; version <= 4; version++) {
            leaderEpochs(version);
        }
        for (int version = 1; version <= 5; version++) {
            logDirs(version);
        }
        for (int version = 0; version <= 2; version++) {
            deleteRecords(version);
        }
    }

    private void listOffsets(int version) {
        offsets("latest", version, LOG, 0, -1);
        offsets("earliest", version, LOG, 0, -2);
        for (int special = -3; special >= -7; special--) {
            offsets("special" + special, version, LOG, 0, special);
        }
        offsets("latest-of-empty", version, LOG, 2, -1);
        offsets("max-timestamp-of-empty", version, LOG, 2, -3);
        offsets("time-of-first", version, LOG, 0, run.baseTimeMs());
        offsets("time-before-all", version, LOG, 0, run.baseTimeMs() - 1_000);
        offsets("time-inside-compressed", version, LOG, 0, run.baseTimeMs() + 33);
        offsets("time-of-last", version, LOG, 0, run.baseTimeMs() + 49);
        offsets("time-after-all", version, LOG, 0, run.baseTimeMs() + 50_000);
        offsets("time-zero", version, LOG, 0, 0);
        offsets("unknown-partition", version, LOG, 9, -1);
        offsets("unknown-topic", version, "nowhere", 0, -1);
        if (version >= 2) {
            run.call(name("list-offsets", version, "latest-committed"), version, request(LOG,
                    new ListOffsetsPartition().setPartitionIndex(0).setTimestamp(-1)).setIsolationLevel((byte) 1));
        }
        if (version >= 4) {
            int epoch = run.leaderEpoch(LOG);
            run.call(name("list-offsets", version, "current-epoch"), version, request(LOG,
                    new ListOffsetsPartition().setPartitionIndex(0).setTimestamp(-1).setCurrentLeaderEpoch(epoch)));
            run.call(name("list-offsets", version, "future-epoch"), version, request(LOG,
                    new ListOffsetsPartition().setPartitionIndex(0).setTimestamp(-1).setCurrentLeaderEpoch(epoch + 5)));
        }
        run.call(name("list-offsets", version, "three-partitions"), version, request(LOG,
                new ListOffsetsPartition().setPartitionIndex(0).setTimestamp(-1),
                new ListOffsetsPartition().setPartitionIndex(1).setTimestamp(-1),
                new ListOffsetsPartition().setPartitionIndex(2).setTimestamp(-1)));
        run.call(name("list-offsets", version, "same-partition-twice"), version, request(LOG,
                new ListOffsetsPartition().setPartitionIndex(0).setTimestamp(-1),
                new ListOffsetsPartition().setPartitionIndex(0).setTimestamp(-2)));
    }

    private void offsets(String what, int version, String topic, int partition, long timestamp) {
        run.call(name("list-offsets", version, what), version, request(topic,
                new ListOffsetsPartition().setPartitionIndex(partition).setTimestamp(timestamp)));
    }

    private static ListOffsetsRequestData request(String topic, ListOffsetsPartition... partitions) {
        return new ListOffsetsRequestData().setReplicaId(-1).setTopics(List.of(new ListOffsetsTopic().setName(topic).setPartitions(List.of(partitions))));
    }

    private void leaderEpochs(int version) {
        int epoch = run.leaderEpoch(LOG);
        leaderEpoch("current", version, LOG, 0, epoch, epoch);
        leaderEpoch("no-check", version, LOG, 0, -1, epoch);
        leaderEpoch("future", version, LOG, 0, epoch, epoch + 5);
        leaderEpoch("none", version, LOG, 0, epoch, -1);
        leaderEpoch("unknown-current", version, LOG, 0, epoch + 5, epoch);
        leaderEpoch("unknown-partition", version, LOG, 9, -1, epoch);
        leaderEpoch("unknown-topic", version, "nowhere", 0, -1, epoch);
    }

    private void leaderEpoch(String what, int version, String topic, int partition, int currentEpoch, int epoch) {
        run.call(name("offset-for-leader-epoch", version, what), version, new OffsetForLeaderEpochRequestData()
                .setReplicaId(-1)
                .setTopics(new OffsetForLeaderTopicCollection(List.of(new OffsetForLeaderTopic()
                        .setTopic(topic)
                        .setPartitions(List.of(new OffsetForLeaderPartition()
                                .setPartition(partition)
                                .setCurrentLeaderEpoch(currentEpoch)
                                .setLeaderEpoch(epoch)))).iterator())));
    }

    private void logDirs(int version) {
        run.call(name("describe-log-dirs", version, "one-topic"), version, ClusterRequests.logDirs(LOG, 0, 1, 2));
        run.call(name("describe-log-dirs", version, "unknown-topic"), version, ClusterRequests.logDirs("nowhere", 0));
        run.call(name("describe-log-dirs", version, "unknown-partition"), version, ClusterRequests.logDirs(LOG, 9));
        run.call(name("describe-log-dirs", version, "no-topic"), version, ClusterRequests.logDirs(LOG));
    }

    private void deleteRecords(int version) {
        topics.create("shrink-" + version, 2, Map.of());
        new ProducePreparation(run, topics).fill("shrink-" + version, 0, 20);
        String topic = "shrink-" + version;
        delete("up-to-seven", version, topic, 0, 7);
        delete("again", version, topic, 0, 7);
        delete("lower", version, topic, 0, 3);
        run.call(name("delete-records", version, "earliest-then"), 8, request(topic, new ListOffsetsPartition().setPartitionIndex(0).setTimestamp(-2)));
        delete("past-the-end", version, topic, 0, 21);
        delete("all", version, topic, 0, -1);
        delete("below-minus-one", version, topic, 0, -2);
        delete("empty-partition", version, topic, 1, 0);
        delete("unknown-partition", version, topic, 9, 0);
        delete("unknown-topic", version, "nowhere", 0, 0);
        run.call(name("delete-records", version, "time-before-the-start-then"), 8,
                request(topic, new ListOffsetsPartition().setPartitionIndex(0).setTimestamp(run.baseTimeMs())));
    }

    private void delete(String what, int version, String topic, int partition, long offset) {
        run.call(name("delete-records", version, what), version, new DeleteRecordsRequestData()
                .setTimeoutMs(5_000)
                .setTopics(List.of(new DeleteRecordsTopic()
                        .setName(topic)
                        .setPartitions(List.of(new DeleteRecordsPartition().setPartitionIndex(partition).setOffset(offset))))));
    }
}
