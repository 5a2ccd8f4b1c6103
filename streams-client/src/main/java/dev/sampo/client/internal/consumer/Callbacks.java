package dev.sampo.client.internal.consumer;

import java.util.function.Consumer;
import org.apache.pekko.japi.function.Procedure;

/** Pekko's procedures are serializable, a stage's methods are private: this stands between, for the compiler's lint. */
final class Callbacks {
    private Callbacks() {}

    static <T> Procedure<T> to(Consumer<T> action) {
        return action::accept;
    }
}
