package dev.sampo.persistence.journal;

import dev.sampo.persistence.metadata.MetadataLog.Snapshot;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.snapshot.japi.SnapshotStore;
import org.apache.pekko.serialization.SerializationExtension;
import scala.concurrent.Future;
import scala.jdk.javaapi.FutureConverters;

/**
 * Pekko Persistence's snapshot store over the metadata log, which keeps the newest snapshot only: the entries before
 * it are gone, so an older one would be of no use, and to delete it would lose the journal's beginning.
 *
 * <pre>
 *  0  int64  time of the snapshot, epoch ms
 *  8  rest   the state, as {@link EventCodec} writes it
 * </pre>
 */
public final class MetadataSnapshotStore extends SnapshotStore {
    private final MetadataLogExtension extension = MetadataLogExtension.get(context().system());
    private final EventCodec codec = new EventCodec(SerializationExtension.get(context().system()));

    @Override
    public Future<Optional<SelectedSnapshot>> doLoadAsync(String persistenceId, SnapshotSelectionCriteria criteria) {
        return FutureConverters.asScala(JournalReads.snapshot(extension.log())
                .thenApply(newest -> newest.map(snapshot -> selected(persistenceId, snapshot))
                        .filter(selected -> matches(criteria, selected.metadata()))));
    }

    private SelectedSnapshot selected(String persistenceId, Snapshot snapshot) {
        ByteBuffer bytes = ByteBuffer.wrap(snapshot.state());
        long timestampMs = bytes.getLong();
        var state = new byte[bytes.remaining()];
        bytes.get(state);
        return SelectedSnapshot.create(
                new SnapshotMetadata(persistenceId, snapshot.offset() + 1, timestampMs), codec.decode(state));
    }

    /** The state's bytes, for {@link EventCodec}, in a snapshot as the metadata log holds it: behind the time it was made. */
    public static byte[] payload(byte[] snapshot) {
        return Arrays.copyOfRange(snapshot, Long.BYTES, snapshot.length);
    }

    /** A snapshot as the metadata log holds it: the opposite of {@link #payload}. */
    public static byte[] snapshot(long timestampMs, byte[] state) {
        return ByteBuffer.allocate(Long.BYTES + state.length).putLong(timestampMs).put(state).array();
    }

    private static boolean matches(SnapshotSelectionCriteria criteria, SnapshotMetadata metadata) {
        return metadata.sequenceNr() <= criteria.maxSequenceNr()
                && metadata.timestamp() <= criteria.maxTimestamp()
                && metadata.sequenceNr() >= criteria.minSequenceNr()
                && metadata.timestamp() >= criteria.minTimestamp();
    }

    @Override
    public Future<Void> doSaveAsync(SnapshotMetadata metadata, Object snapshot) {
        byte[] bytes = snapshot(metadata.timestamp(), codec.encode(snapshot));
        return FutureConverters.asScala(extension.log().snapshot(new Snapshot(metadata.sequenceNr() - 1, bytes)));
    }

    /** Does nothing: a newer snapshot replaces the old one. */
    @Override
    public Future<Void> doDeleteAsync(SnapshotMetadata metadata) {
        return FutureConverters.asScala(CompletableFuture.completedStage(null));
    }

    /** Does nothing: a newer snapshot replaces the old one. */
    @Override
    public Future<Void> doDeleteAsync(String persistenceId, SnapshotSelectionCriteria criteria) {
        return FutureConverters.asScala(CompletableFuture.completedStage(null));
    }
}
