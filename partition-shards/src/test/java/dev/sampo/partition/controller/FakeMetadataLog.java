package dev.sampo.partition.controller;

import dev.sampo.persistence.metadata.MetadataLog;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A metadata log that holds events as objects: a payload is the event's place. {@link FakeMetadataJournal} writes to
 * the one that {@link #install} made; it outlives actor systems.
 */
public final class FakeMetadataLog implements MetadataLog {
    private record Tail(Consumer<Snapshot> onSnapshot, Consumer<Entry> listener) {}

    static volatile @Nullable FakeMetadataLog installed;

    private final List<ControllerEvent> events = new ArrayList<>();
    private final List<Tail> tails = new ArrayList<>();
    private @Nullable MetadataSnapshot snapshot;

    /** From here on the fake journal writes to a new, empty log. */
    public static FakeMetadataLog install() {
        var log = new FakeMetadataLog();
        installed = log;
        return log;
    }

    public synchronized List<ControllerEvent> events() {
        return List.copyOf(events);
    }

    synchronized void append(List<ControllerEvent> more) {
        for (ControllerEvent event : more) {
            events.add(event);
            Entry entry = entry(events.size() - 1);
            tails.forEach(tail -> tail.listener().accept(entry));
        }
    }

    synchronized void snapshot(MetadataSnapshot newest) {
        snapshot = newest;
    }

    synchronized @Nullable MetadataSnapshot snapshot() {
        return snapshot;
    }

    private static Entry entry(int offset) {
        return new Entry(offset, 1, ByteBuffer.allocate(4).putInt(offset).array());
    }

    public synchronized ControllerEvent decode(byte[] payload) {
        return events.get(ByteBuffer.wrap(payload).getInt());
    }

    public synchronized MetadataSnapshot decodeSnapshot(byte[] state) {
        return java.util.Objects.requireNonNull(snapshot);
    }

    @Override
    public synchronized AutoCloseable tail(long fromOffset, Consumer<Snapshot> onSnapshot, Consumer<Entry> listener) {
        int from = (int) fromOffset;
        if (snapshot != null && snapshot.offset() >= fromOffset) {
            onSnapshot.accept(new Snapshot(snapshot.offset(), new byte[0]));
            from = (int) snapshot.offset() + 1;
        }
        for (int offset = from; offset < events.size(); offset++) {
            listener.accept(entry(offset));
        }
        var tail = new Tail(onSnapshot, listener);
        tails.add(tail);
        return () -> {
            synchronized (this) {
                tails.remove(tail);
            }
        };
    }

    @Override
    public CompletionStage<AppendResult> append(long writerEpoch, long expectedEndOffset, List<byte[]> payloads) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Long> endOffset() {
        return CompletableFuture.completedFuture((long) events().size());
    }

    @Override
    public CompletionStage<Void> snapshot(Snapshot newest) {
        throw new UnsupportedOperationException();
    }

    @Override
    public AutoCloseable onRole(Consumer<Role> listener) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Set<Member> members() {
        return Set.of();
    }

    @Override
    public Quorum quorum() {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Void> changeMembers(Set<Member> members) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Void> transferLeadership(int nodeId) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void leaderIsDead(int leaderId) {}

    @Override
    public void close() {}
}
