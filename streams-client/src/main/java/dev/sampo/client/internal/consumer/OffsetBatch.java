package dev.sampo.client.internal.consumer;

import dev.sampo.client.ConsumerMessage.Committable;
import dev.sampo.client.ConsumerMessage.CommittableOffset;
import dev.sampo.client.ConsumerMessage.CommittableOffsetBatch;
import dev.sampo.client.ConsumerMessage.GroupTopicPartition;
import dev.sampo.client.ConsumerMessage.PartitionOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Offsets of any consumers. Adding copies nothing until it is committed: a batch is a list that grows, shared by the
 * batches before it, each of which ends at its own size.
 */
public final class OffsetBatch implements CommittableOffsetBatch {
    /** Without offsets. */
    public static final OffsetBatch EMPTY = new OffsetBatch(new ArrayList<>(), 0);

    private final List<RecordOffset> offsets;
    private final int size;

    private OffsetBatch(List<RecordOffset> offsets, int size) {
        this.offsets = offsets;
        this.size = size;
    }

    @Override
    public OffsetBatch updated(Committable committable) {
        List<RecordOffset> more;
        if (committable instanceof RecordOffset one) {
            more = List.of(one);
        } else if (committable instanceof OffsetBatch batch) {
            more = batch.offsets.subList(0, batch.size);
        } else {
            throw new IllegalArgumentException("offsets of this client's sources can be batched, not "
                    + committable.getClass().getName());
        }
        List<RecordOffset> grown = offsets;
        synchronized (offsets) {
            if (size == 0 || offsets.size() != size) { // another batch grew from the same one
                grown = new ArrayList<>(offsets.subList(0, size));
            }
            grown.addAll(List.copyOf(more));
        }
        return new OffsetBatch(grown, size + more.size());
    }

    private List<RecordOffset> list() {
        synchronized (offsets) {
            return List.copyOf(offsets.subList(0, size));
        }
    }

    @Override
    public Map<GroupTopicPartition, Long> getOffsets() {
        var last = new HashMap<GroupTopicPartition, Long>();
        list().forEach(offset -> {
            PartitionOffset partitionOffset = offset.partitionOffset();
            last.put(partitionOffset.key(), partitionOffset.offset());
        });
        return last;
    }

    @Override
    public scala.collection.immutable.Map<GroupTopicPartition, Object> offsets() {
        var map = new HashMap<GroupTopicPartition, Object>(getOffsets());
        return scala.collection.immutable.Map.from(CollectionConverters.asScala(map));
    }

    @Override
    public boolean isEmpty() {
        return size == 0;
    }

    @Override
    public long batchSize() {
        return size;
    }

    @Override
    public CompletionStage<Done> commitJavadsl() {
        var byConsumer = new HashMap<ConsumerHandle, List<RecordOffset>>();
        list().forEach(offset ->
                byConsumer.computeIfAbsent(offset.consumer(), consumer -> new ArrayList<>()).add(offset));
        var commits = new ArrayList<CompletableFuture<Done>>();
        byConsumer.forEach((consumer, mine) -> commits.add(consumer.commit(mine)));
        return CompletableFuture.allOf(commits.toArray(CompletableFuture[]::new))
                .thenApply(all -> Done.getInstance());
    }

    @Override
    public String toString() {
        return "CommittableOffsetBatch(" + getOffsets() + ")";
    }

    /** The offset of one record, as committable sources emit it. */
    public record RecordOffset(
            ConsumerHandle consumer,
            PartitionOffset partitionOffset,
            long assignment,
            int leaderEpoch,
            String metadata)
            implements CommittableOffset {
        @Override
        public CompletionStage<Done> commitJavadsl() {
            return consumer.commit(List.of(this));
        }

        @Override
        public long batchSize() {
            return 1;
        }

        @Override
        public String toString() {
            return "CommittableOffset(" + partitionOffset + ")";
        }
    }
}
