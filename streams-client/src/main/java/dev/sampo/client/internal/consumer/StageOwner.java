package dev.sampo.client.internal.consumer;

import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.pekko.stream.stage.AsyncCallback;

/** Takes the actor's calls to the stage's thread. */
record StageOwner(AsyncCallback<Consumer<ConsumerOwner>> callback, ConsumerOwner stage) {
    ConsumerOwner asOwner() {
        return new ConsumerOwner() {
            @Override
            public void onAssigned(Map<TopicPartition, Long> partitions) {
                callback.invoke(owner -> owner.onAssigned(partitions));
            }

            @Override
            public void onRevoked(Set<TopicPartition> partitions) {
                callback.invoke(owner -> owner.onRevoked(partitions));
            }

            @Override
            public void onMoved(Set<TopicPartition> partitions) {
                callback.invoke(owner -> owner.onMoved(partitions));
            }

            @Override
            public void onPaused(boolean paused) {
                callback.invoke(owner -> owner.onPaused(paused));
            }

            @Override
            public void onChunk(Chunk chunk) {
                callback.invoke(owner -> owner.onChunk(chunk));
            }

            @Override
            public void onMark() {
                callback.invoke(ConsumerOwner::onMark);
            }

            @Override
            public void onFailed(Throwable cause) {
                callback.invoke(owner -> owner.onFailed(cause));
            }
        };
    }
}
