package dev.sampo.partition.leader;

import dev.sampo.actors.metrics.BrokerMetrics;
import dev.sampo.actors.metrics.LogGauges;
import dev.sampo.actors.metrics.TopicMeters;
import dev.sampo.actors.metrics.TopicMetric;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.persistence.log.PartitionLog;
import org.jspecify.annotations.Nullable;

/** What one served partition counts. Belongs to its actor, but for {@link #flushed}. */
final class LeaderMetrics {
    private final BrokerMetrics metrics;
    private final TopicIdPartition id;
    private final LogGauges gauges;
    private @Nullable TopicMeters meters; // from the first append on: topics that nobody uses cost nothing

    LeaderMetrics(BrokerMetrics metrics, TopicIdPartition id, String topic) {
        this.metrics = metrics;
        this.id = id;
        gauges = new LogGauges(topic);
    }

    /** The log is served from now on. */
    void opened(PartitionLog log, int minInSyncReplicas) {
        changed(log, 0, minInSyncReplicas);
        metrics.logs().enter(id, gauges);
    }

    /** The log is served no more. */
    void closed() {
        metrics.logs().leave(id, gauges);
    }

    /** Segments, start or settings may be others. */
    void changed(PartitionLog log, long lastStableOffsetLag, int minInSyncReplicas) {
        gauges.set(
                log.sizeBytes(), log.segmentCount(), log.logStartOffset(), log.logEndOffset(), lastStableOffsetLag,
                minInSyncReplicas);
    }

    /** Somebody asks for an append. */
    void asked() {
        meters().mark(TopicMetric.PRODUCE_REQUESTS, 1);
    }

    /** Batches were written behind the end of the log. */
    void appended(long records, long sizeBytes, long logEndOffset) {
        TopicMeters topic = meters();
        topic.mark(TopicMetric.MESSAGES_IN, records);
        topic.mark(TopicMetric.BYTES_IN, sizeBytes);
        gauges.appended(sizeBytes, logEndOffset);
    }

    /** An append was refused. As in Kafka, what clients are expected to run into is no failure of a request. */
    void refused(KafkaError error, long sizeBytes) {
        switch (error) {
            case MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE -> meters().mark(TopicMetric.BYTES_REJECTED, sizeBytes);
            case CORRUPT_MESSAGE, NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR -> {
                // counted by request and error only
            }
            default -> meters().mark(TopicMetric.FAILED_PRODUCE_REQUESTS, 1);
        }
    }

    /** On a flush thread. */
    void flushed(long nanos) {
        metrics.logs().flushed(nanos);
    }

    private TopicMeters meters() {
        TopicMeters known = meters;
        if (known == null) {
            known = metrics.topics().of(id.topicId(), gauges.topic());
            meters = known;
        }
        return known;
    }
}
