package dev.sampo.partition.controller;

import dev.sampo.persistence.metadata.MetadataLog;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * This broker's copy of the metadata: tails the committed log from its newest snapshot, in order, and tells listeners.
 * Entries are applied on the log's thread; {@link #current} is one volatile read.
 */
public final class MetadataFollower implements MetadataImages, AutoCloseable {
    private record Waiter(long offset, CompletableFuture<MetadataImage> reached) {}

    private final Function<byte[], ControllerEvent> decodeEvent;
    private final Function<byte[], MetadataSnapshot> decodeSnapshot;
    private final List<BiConsumer<MetadataImage, MetadataImage>> listeners = new CopyOnWriteArrayList<>();
    private final PriorityQueue<Waiter> waiters = new PriorityQueue<>(Comparator.comparingLong(Waiter::offset));
    private volatile MetadataImage current = MetadataImage.EMPTY;
    private @Nullable AutoCloseable subscription;

    private MetadataFollower(
            Function<byte[], ControllerEvent> decodeEvent, Function<byte[], MetadataSnapshot> decodeSnapshot) {
        this.decodeEvent = decodeEvent;
        this.decodeSnapshot = decodeSnapshot;
    }

    /**
     * Follows {@code metadataLog} until closed.
     *
     * @param decodeEvent an entry's payload; throws on bytes that it does not know, which ends the tail
     * @param decodeSnapshot a snapshot's state
     */
    public static MetadataFollower start(MetadataLog metadataLog, Function<byte[], ControllerEvent> decodeEvent,
            Function<byte[], MetadataSnapshot> decodeSnapshot) {
        var follower = new MetadataFollower(decodeEvent, decodeSnapshot);
        follower.subscription = metadataLog.tail(0, follower::onSnapshot, follower::onEntry);
        return follower;
    }

    private void onSnapshot(MetadataLog.Snapshot snapshot) {
        if (snapshot.offset() <= current.offset()) {
            return; // older than what was applied from the log already
        }
        MetadataImage image = decodeSnapshot.apply(snapshot.state()).toImage();
        if (image.offset() != snapshot.offset()) {
            throw new IllegalStateException("the metadata snapshot at offset " + snapshot.offset()
                    + " holds the state at offset " + image.offset());
        }
        change(image);
    }

    private void onEntry(MetadataLog.Entry entry) {
        if (entry.offset() > current.offset()) { // else: in the snapshot already
            change(current.apply(decodeEvent.apply(entry.payload()), entry.offset()));
        }
    }

    private void change(MetadataImage next) {
        var done = new ArrayList<Waiter>();
        synchronized (this) {
            MetadataImage previous = current;
            current = next;
            for (BiConsumer<MetadataImage, MetadataImage> listener : listeners) {
                listener.accept(previous, next);
            }
            while (!waiters.isEmpty() && waiters.element().offset() <= next.offset()) {
                done.add(waiters.remove());
            }
        }
        done.forEach(waiter -> waiter.reached().complete(next));
    }

    @Override
    public MetadataImage current() {
        return current;
    }

    @Override
    public synchronized Runnable subscribe(BiConsumer<MetadataImage, MetadataImage> listener) {
        listener.accept(MetadataImage.EMPTY, current);
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public CompletionStage<MetadataImage> reached(long offset) {
        MetadataImage now = current;
        if (now.offset() >= offset) {
            return CompletableFuture.completedFuture(now);
        }
        synchronized (this) {
            if (current.offset() >= offset) {
                return CompletableFuture.completedFuture(current);
            }
            var reached = new CompletableFuture<MetadataImage>();
            waiters.add(new Waiter(offset, reached));
            return reached;
        }
    }

    /** Ends the tail; those who wait for an offset get an error. */
    @Override
    public void close() {
        if (subscription != null) {
            try {
                subscription.close();
            } catch (Exception e) {
                throw new IllegalStateException("the tail of the metadata log could not be ended", e);
            }
        }
        List<Waiter> left;
        synchronized (this) {
            left = List.copyOf(waiters);
            waiters.clear();
        }
        left.forEach(waiter -> waiter.reached().completeExceptionally(
                new IllegalStateException("closed before metadata offset " + waiter.offset() + " was reached")));
    }
}
