package dev.sampo.client;

import dev.sampo.client.internal.consumer.OffsetBatch;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.pekko.Done;
import scala.concurrent.Future;
import scala.jdk.javaapi.FutureConverters;

/** What committable sources emit. */
public final class ConsumerMessage {
    private ConsumerMessage() {}

    /** A record and the offset that says it is processed. */
    public record CommittableMessage<K, V>(ConsumerRecord<K, V> record, CommittableOffset committableOffset) {}

    /** Something that can be committed. Prefer a {@code Committer} stage: it batches. */
    public interface Committable {
        /**
         * Commits. Fails with CommitFailedException when the partition was taken from this consumer, with
         * {@link CommitTimeoutException} when the broker does not answer.
         */
        CompletionStage<Done> commitJavadsl();

        /** {@link #commitJavadsl()} for Scala. */
        default Future<Done> commitScaladsl() {
            return FutureConverters.asScala(commitJavadsl());
        }

        /** Number of offsets in it. */
        long batchSize();
    }

    /** The offset of one record. */
    public interface CommittableOffset extends Committable {
        /** Which record. */
        PartitionOffset partitionOffset();
    }

    /** Offsets of several partitions, groups or consumers; per partition the last one counts. */
    public interface CommittableOffsetBatch extends Committable {
        /** A batch with these offsets in addition. */
        CommittableOffsetBatch updated(Committable offset);

        /** The last offset of each partition: that of the record, not the next one. */
        Map<GroupTopicPartition, Long> getOffsets();

        /** {@link #getOffsets()} for Scala. */
        scala.collection.immutable.Map<GroupTopicPartition, Object> offsets();

        /** True when nothing is in it. */
        boolean isEmpty();
    }

    /** The empty batch. */
    public static CommittableOffsetBatch emptyCommittableOffsetBatch() {
        return OffsetBatch.EMPTY;
    }

    /** A batch of one. */
    public static CommittableOffsetBatch createCommittableOffsetBatch(CommittableOffset first) {
        return OffsetBatch.EMPTY.updated(first);
    }

    /** A batch of several. */
    public static <T extends Committable> CommittableOffsetBatch createCommittableOffsetBatch(List<T> offsets) {
        CommittableOffsetBatch batch = OffsetBatch.EMPTY;
        for (T offset : offsets) {
            batch = batch.updated(offset);
        }
        return batch;
    }

    /** A partition as one group sees it. */
    public record GroupTopicPartition(String groupId, String topic, int partition) {
        /** Without the group. */
        public TopicPartition topicPartition() {
            return new TopicPartition(topic, partition);
        }
    }

    /** Offset of one record; the offset committed for it is the next one. */
    public record PartitionOffset(GroupTopicPartition key, long offset) {}
}
