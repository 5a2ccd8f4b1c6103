package dev.sampo.tests.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.message.FetchResponseData;

import static dev.sampo.tests.oracle.Catalogue.name;

/** Fetch with and without sessions, over the topics that the produce part filled. */
final class FetchRequests {
    private static final int SESSIONLESS_EPOCH = -1;

    private final OracleRun run;
    private final Topics topics;

    FetchRequests(OracleRun run, Topics topics) {
        this.run = run;
        this.topics = topics;
    }

    void run() {
        for (int version = 4; version <= 18; version++) {
            eachVersion(version);
            if (version >= 7) {
                session(version);
            }
            if (version >= 9) {
                epochs(version);
            }
        }
        for (String topic : List.of("produce", "compact", "append-time", "gzip", "plain")) {
            fetch("all-of-" + topic, 12, topic, 0, 0, UnaryOperator.identity());
            fetch("all-of-" + topic, 18, topic, 0, 0, UnaryOperator.identity());
        }
        fetch("all-of-produce-1", 12, "produce", 1, 0, UnaryOperator.identity());
        fetch("all-of-produce-2", 12, "produce", 2, 0, UnaryOperator.identity());
    }

    private void eachVersion(int version) {
        fetch("all", version, ProduceRequests.LOG, 0, 0, UnaryOperator.identity());
        fetch("from-inside-a-batch", version, ProduceRequests.LOG, 0, 44, UnaryOperator.identity());
        fetch("one-byte-still-gives-a-batch", version, ProduceRequests.LOG, 0, 12, request -> request.setMaxBytes(1));
        fetch("committed-only", version, ProduceRequests.LOG, 0, 50, request -> request.setIsolationLevel((byte) 1));
        fetch("at-the-end", version, ProduceRequests.LOG, 0, 60, request -> request.setMaxWaitMs(50).setMinBytes(1));
        fetch("past-the-end", version, ProduceRequests.LOG, 0, 61, UnaryOperator.identity());
        fetch("negative-offset", version, ProduceRequests.LOG, 0, -1, UnaryOperator.identity());
        fetch("unknown-partition", version, ProduceRequests.LOG, 9, 0, UnaryOperator.identity());
        fetch("unknown-topic", version, "nowhere", 0, 0, UnaryOperator.identity());
        run.call(name("fetch", version, "small-partitions"), version, sessionless(request(version,
                topic(version, ProduceRequests.LOG, partition(0, 0, 1), partition(1, 0, 1), partition(2, 0, 1)))));
        run.call(name("fetch", version, "limit-of-the-whole"), version, sessionless(request(version,
                topic(version, ProduceRequests.LOG, partition(0, 30, 1 << 20), partition(1, 0, 1 << 20)))).setMaxBytes(200));
        run.call(name("fetch", version, "nothing"), version, sessionless(request(version)).setMaxWaitMs(10));
    }

    private void session(int version) {
        FetchResponseData first = run.call(name("fetch", version, "session-new"), version, request(version,
                topic(version, ProduceRequests.LOG, partition(0, 50, 1 << 20), partition(1, 5, 1 << 20))).setSessionId(0).setSessionEpoch(0));
        int id = first.sessionId();
        run.call(name("fetch", version, "session-nothing-new"), version,
                request(version, topic(version, ProduceRequests.LOG, partition(0, 60, 1 << 20))).setSessionId(id).setSessionEpoch(1).setMaxWaitMs(10));
        run.call(name("fetch", version, "session-partition-added"), version,
                request(version, topic(version, ProduceRequests.LOG, partition(2, 0, 1 << 20), partition(1, 3, 1 << 20)))
                        .setSessionId(id).setSessionEpoch(2).setMaxWaitMs(10));
        run.call(name("fetch", version, "session-unknown-partition"), version,
                request(version, topic(version, ProduceRequests.LOG, partition(8, 0, 1 << 20))).setSessionId(id).setSessionEpoch(3).setMaxWaitMs(10));
        run.call(name("fetch", version, "session-partition-forgotten"), version,
                request(version).setForgottenTopicsData(List.of(forgotten(version, 8))).setSessionId(id).setSessionEpoch(4).setMaxWaitMs(10));
        run.call(name("fetch", version, "session-wrong-epoch"), version, request(version).setSessionId(id).setSessionEpoch(9).setMaxWaitMs(10));
        run.call(name("fetch", version, "session-closed"), version, request(version).setSessionId(id).setSessionEpoch(SESSIONLESS_EPOCH).setMaxWaitMs(10));
        run.call(name("fetch", version, "session-after-close"), version, request(version).setSessionId(id).setSessionEpoch(5).setMaxWaitMs(10));
        run.call(name("fetch", version, "session-never-made"), version, request(version).setSessionId(77).setSessionEpoch(1).setMaxWaitMs(10));
        if (version == 12 || version == 17) {
            run.call(name("fetch", version, "session-unknown-topic"), version,
                    request(version, topic(version, "nowhere", partition(0, 0, 1 << 20))).setSessionId(0).setSessionEpoch(0).setMaxWaitMs(10));
        }
    }

    private void epochs(int version) {
        int epoch = run.leaderEpoch(ProduceRequests.LOG);
        run.call(name("fetch", version, "current-epoch"), version, sessionless(request(version,
                topic(version, ProduceRequests.LOG, partition(1, 0, 1 << 20).setCurrentLeaderEpoch(epoch)))));
        run.call(name("fetch", version, "future-epoch"), version, sessionless(request(version,
                topic(version, ProduceRequests.LOG, partition(1, 0, 1 << 20).setCurrentLeaderEpoch(epoch + 5)))));
        if (version >= 12) {
            run.call(name("fetch", version, "last-fetched-epoch"), version, sessionless(request(version,
                    topic(version, ProduceRequests.LOG, partition(1, 2, 1 << 20).setCurrentLeaderEpoch(epoch).setLastFetchedEpoch(epoch)))));
            run.call(name("fetch", version, "last-fetched-epoch-unknown"), version, sessionless(request(version,
                    topic(version, ProduceRequests.LOG, partition(1, 2, 1 << 20).setCurrentLeaderEpoch(epoch).setLastFetchedEpoch(epoch + 9)))));
        }
    }

    private void fetch(String what, int version, String topic, int partition, long offset, UnaryOperator<FetchRequestData> change) {
        run.call(name("fetch", version, what), version,
                change.apply(sessionless(request(version, topic(version, topic, partition(partition, offset, 1 << 20))))));
    }

    private static FetchPartition partition(int partition, long offset, int maxBytes) {
        return new FetchPartition().setPartition(partition).setFetchOffset(offset).setPartitionMaxBytes(maxBytes);
    }

    private FetchTopic topic(int version, String topic, FetchPartition... partitions) {
        var result = new FetchTopic().setPartitions(new ArrayList<>(List.of(partitions)));
        return version >= 13 ? result.setTopicId(topics.id(topic)) : result.setTopic(topic);
    }

    private ForgottenTopic forgotten(int version, int partition) {
        var result = new ForgottenTopic().setPartitions(List.of(partition));
        return version >= 13 ? result.setTopicId(topics.id(ProduceRequests.LOG)) : result.setTopic(ProduceRequests.LOG);
    }

    private static FetchRequestData request(int version, FetchTopic... topics) {
        var request = new FetchRequestData().setMaxWaitMs(500).setMinBytes(1).setMaxBytes(50 << 20).setTopics(new ArrayList<>(List.of(topics)));
        return version < 15 ? request.setReplicaId(-1) : request;
    }

    private static FetchRequestData sessionless(FetchRequestData request) {
        return request.setSessionId(0).setSessionEpoch(SESSIONLESS_EPOCH);
    }
}
