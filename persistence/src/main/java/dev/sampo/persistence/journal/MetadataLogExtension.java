package dev.sampo.persistence.journal;

import dev.sampo.persistence.metadata.MetadataLog;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.AbstractExtensionId;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Extension;
import org.apache.pekko.actor.ExtensionId;
import org.apache.pekko.actor.ExtensionIdProvider;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.jspecify.annotations.Nullable;

/**
 * Where the plugins of one actor system find their metadata log, since Pekko creates them by class name and several
 * systems may live in one JVM. Set once, before the controller starts; whoever opened the log closes it.
 */
public final class MetadataLogExtension implements Extension {
    private record Held(MetadataLog log) {}

    private static final Id ID = new Id();

    private final AtomicReference<@Nullable Held> held = new AtomicReference<>();
    private volatile MetadataLog.Role role = new MetadataLog.Role(false, 0);

    /** Pekko's key of the extension. */
    public static final class Id extends AbstractExtensionId<MetadataLogExtension> implements ExtensionIdProvider {
        private Id() {}

        @Override
        public MetadataLogExtension createExtension(ExtendedActorSystem system) {
            return new MetadataLogExtension();
        }

        @Override
        public ExtensionId<? extends Extension> lookup() {
            return ID;
        }
    }

    private MetadataLogExtension() {}

    /** The extension of this actor system. */
    public static MetadataLogExtension get(ActorSystem<?> system) {
        return ID.get(Adapter.toClassic(system));
    }

    /** The extension of this actor system. */
    public static MetadataLogExtension get(org.apache.pekko.actor.ActorSystem system) {
        return ID.get(system);
    }

    /** Gives the plugins their log. @throws IllegalStateException there is one already */
    public void set(MetadataLog log) {
        if (!held.compareAndSet(null, new Held(log))) {
            throw new IllegalStateException("this actor system has a metadata log already");
        }
        var _ = log.onRole(next -> role = next);
    }

    /** @throws IllegalStateException none was set */
    public MetadataLog log() {
        Held now = held.get();
        if (now == null) {
            throw new IllegalStateException(
                    "no metadata log: call MetadataLogExtension.get(system).set(log) before the controller starts");
        }
        return now.log();
    }

    /** What this node is in the log's group, as far as it was told. */
    public MetadataLog.Role role() {
        return role;
    }
}
