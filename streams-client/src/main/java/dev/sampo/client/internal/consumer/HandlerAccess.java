package dev.sampo.client.internal.consumer;

import dev.sampo.client.RestrictedConsumer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;

/** Answers a handler's questions; waits on the handler's own thread, which is one for blocking work. */
final class HandlerAccess implements RestrictedConsumer.Access {
    private final ConsumerHandle consumer;
    private final Duration timeout;

    HandlerAccess(ConsumerHandle consumer, Duration timeout) {
        this.consumer = consumer;
        this.timeout = timeout;
    }

    @Override
    public Set<TopicPartition> assignment() {
        return await(consumer.ask(actor -> CompletableFuture.completedFuture(actor.assignment())));
    }

    @Override
    public long position(TopicPartition partition) {
        return await(consumer.ask(actor -> CompletableFuture.completedFuture(actor.position(partition))));
    }

    @Override
    public void seek(TopicPartition partition, long offset) {
        consumer.seek(partition, offset);
    }

    @Override
    public void commit(Map<TopicPartition, OffsetAndMetadata> offsets) {
        await(consumer.commitNamed(offsets));
    }

    @Override
    public Map<TopicPartition, OffsetAndMetadata> committed(Set<TopicPartition> partitions) {
        return await(consumer.ask(actor -> actor.with(offsets ->
                offsets.committed(actor.groupId().orElse(""), partitions, timeout))));
    }

    @Override
    public Map<TopicPartition, OffsetAndTimestamp> offsets(Map<TopicPartition, Long> timestampsMs) {
        return new HashMap<>(await(consumer.ask(actor ->
                actor.with(offsets -> offsets.listOffsets(timestampsMs, timeout)))));
    }

    private <T> T await(CompletableFuture<T> answer) {
        try {
            return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException failure ? failure : new KafkaException(e.getCause());
        } catch (java.util.concurrent.TimeoutException e) {
            throw new TimeoutException("the consumer did not answer within position-timeout, " + timeout, e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
