package dev.sampo.partition.controller;

import java.util.Objects;
import java.util.Optional;
import org.apache.pekko.dispatch.Futures;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.snapshot.japi.SnapshotStore;
import scala.concurrent.Future;

/** Keeps the newest snapshot in the installed {@link FakeMetadataLog}. */
public final class FakeSnapshotStore extends SnapshotStore {
    private final FakeMetadataLog log = Objects.requireNonNull(FakeMetadataLog.installed);

    @Override
    public Future<Optional<SelectedSnapshot>> doLoadAsync(String persistenceId, SnapshotSelectionCriteria criteria) {
        MetadataSnapshot snapshot = log.snapshot();
        return Futures.successful(snapshot == null
                ? Optional.empty()
                : Optional.of(SelectedSnapshot.create(
                        new SnapshotMetadata(persistenceId, snapshot.offset() + 1, 0), snapshot)));
    }

    @Override
    public Future<Void> doSaveAsync(SnapshotMetadata metadata, Object snapshot) {
        log.snapshot((MetadataSnapshot) snapshot);
        return Futures.successful(null);
    }

    @Override
    public Future<Void> doDeleteAsync(SnapshotMetadata metadata) {
        return Futures.successful(null);
    }

    @Override
    public Future<Void> doDeleteAsync(String persistenceId, SnapshotSelectionCriteria criteria) {
        return Futures.successful(null);
    }
}
