package dev.sampo.kafka.connection;

import dev.sampo.actors.loop.SelectorLoop;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A listener's connections on one loop, and the sweep that looks for stalled and idle ones. On the loop only, {@link #close} apart. */
final class ConnectionSet {
    private static final long SWEEP_MS = 1_000;

    private final SelectorLoop loop;
    private final Set<Connection> connections = new HashSet<>();
    private boolean sweeping;

    ConnectionSet(SelectorLoop loop) {
        this.loop = loop;
    }

    void add(Connection connection) {
        connections.add(connection);
        scheduleSweep();
    }

    void remove(Connection connection) {
        connections.remove(connection);
    }

    /** From any thread: closes those of this client id (null: all) on the loop, and says how many they were. */
    CompletionStage<Integer> close(@Nullable String clientId) {
        return CompletableFuture.supplyAsync(
                () -> (int) new ArrayList<>(connections)
                        .stream()
                        .filter(connection -> connection.closeIfOf(clientId))
                        .count(),
                loop);
    }

    private void scheduleSweep() {
        if (!sweeping && !connections.isEmpty()) {
            sweeping = true;
            var _ = loop.schedule(SWEEP_MS, () -> {
                sweeping = false;
                new ArrayList<>(connections).forEach(Connection::sweep);
                scheduleSweep();
            });
        }
    }
}
