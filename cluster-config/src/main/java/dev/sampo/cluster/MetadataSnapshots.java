package dev.sampo.cluster;

import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import dev.sampo.partition.controller.MetadataSnapshot;
import dev.sampo.persistence.journal.EventCodec;
import dev.sampo.persistence.journal.MetadataSnapshotStore;
import dev.sampo.persistence.metadata.MetadataLog;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * On nodes that do not lead the metadata log: now and then a snapshot of their own image, so that their copy of the log stays
 * short. On the leader's node the controller does it.
 */
final class MetadataSnapshots {
    private static final Logger log = LoggerFactory.getLogger(MetadataSnapshots.class);
    private static final long EVENTS_PER_SNAPSHOT = 1_000; // as the controller's

    private MetadataSnapshots() {}

    /** For the life of {@code images}. */
    static void start(
            MetadataLog metadataLog, MetadataImages images, EventCodec codec, Supplier<MetadataLog.Role> role,
            Executor blocking) {
        var taking = new AtomicBoolean();
        var last = new java.util.concurrent.atomic.AtomicLong(images.current().offset());
        images.subscribe((before, now) -> {
            if (!role.get().leader() && now.offset() - last.get() >= EVENTS_PER_SNAPSHOT
                    && taking.compareAndSet(false, true)) {
                last.set(now.offset());
                blocking.execute(() -> take(metadataLog, now, codec, () -> taking.set(false)));
            }
        });
    }

    private static void take(MetadataLog metadataLog, MetadataImage image, EventCodec codec, Runnable done) {
        byte[] state = codec.encode(MetadataSnapshot.of(image));
        metadataLog
                .snapshot(new MetadataLog.Snapshot(
                        image.offset(), MetadataSnapshotStore.snapshot(System.currentTimeMillis(), state)))
                .whenComplete((nothing, failure) -> {
                    if (failure != null) {
                        log.atWarn().addKeyValue("metadataOffset", image.offset())
                                .log("no snapshot of the metadata was taken: {}", failure.toString());
                    }
                    done.run();
                });
    }
}
