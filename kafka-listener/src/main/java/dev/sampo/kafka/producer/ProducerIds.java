package dev.sampo.kafka.producer;

import java.util.ArrayDeque;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Hands out producer ids, each once, from blocks that the controller gives for ever to this broker. The next block is
 * asked for when a tenth of the current one is left, so that nobody waits; ids of a block that is not used up are lost
 * with the process, which is harmless (there are 2^63). Thread-safe.
 *
 * @see "KIP-730"
 */
public final class ProducerIds {
    /** Ids {@code first <= id < first + count}. */
    public record Block(long first, int count) {}

    private final Supplier<CompletionStage<Block>> source;
    private final ArrayDeque<CompletableFuture<Long>> waiting = new ArrayDeque<>();
    private long next;
    private long end;
    private @Nullable Block following;
    private int prefetchBelow;
    private boolean asking;

    /** {@code source} asks the controller for a block that nobody else gets. */
    public ProducerIds(Supplier<CompletionStage<Block>> source) {
        this.source = source;
    }

    /**
     * The next id.
     *
     * @return completed at once as long as there are ids; fails as the source failed: the client tries again
     */
    public CompletionStage<Long> next() {
        CompletableFuture<Long> answer;
        boolean ask;
        synchronized (this) {
            OptionalLong id = waiting.isEmpty() ? take() : OptionalLong.empty();
            if (id.isPresent()) {
                answer = CompletableFuture.completedFuture(id.getAsLong());
            } else {
                answer = new CompletableFuture<>();
                waiting.add(answer);
            }
            ask = !asking && following == null && (!waiting.isEmpty() || end - next < prefetchBelow);
            asking |= ask;
        }
        if (ask) {
            ask();
        }
        return answer;
    }

    private OptionalLong take() {
        Block block = following;
        if (next == end && block != null) {
            next = block.first();
            end = block.first() + block.count();
            prefetchBelow = Math.max(1, block.count() / 10);
            following = null;
        }
        return next < end ? OptionalLong.of(next++) : OptionalLong.empty();
    }

    private void ask() {
        source.get().whenComplete((block, failure) -> {
            if (failure == null) {
                arrived(block);
            } else {
                failed(failure);
            }
        });
    }

    private void arrived(Block block) {
        var served = new ArrayDeque<CompletableFuture<Long>>();
        var ids = new ArrayDeque<Long>();
        boolean more;
        synchronized (this) {
            asking = false;
            following = block;
            while (!waiting.isEmpty()) {
                OptionalLong id = take();
                if (id.isEmpty()) {
                    break;
                }
                served.add(waiting.poll());
                ids.add(id.getAsLong());
            }
            more = !waiting.isEmpty();
            asking = more;
        }
        while (!served.isEmpty()) {
            served.poll().complete(ids.poll());
        }
        if (more) {
            ask();
        }
    }

    private void failed(Throwable failure) {
        ArrayDeque<CompletableFuture<Long>> refused;
        synchronized (this) {
            asking = false;
            refused = new ArrayDeque<>(waiting);
            waiting.clear();
        }
        Throwable cause = failure instanceof CompletionException && failure.getCause() != null
                ? failure.getCause()
                : failure;
        refused.forEach(answer -> answer.completeExceptionally(cause));
    }
}
