package dev.sampo.client.internal.consumer;

import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.pekko.japi.function.Creator;
import org.apache.pekko.japi.function.Function;
import org.apache.pekko.japi.function.Procedure;

/** Pekko's functions are serializable, a stage's methods are private: this stands between, for the compiler's lint. */
final class Callbacks {
    private Callbacks() {}

    static <T> Procedure<T> to(Consumer<T> action) {
        return action::accept;
    }

    /** What statefulMapConcat takes: a function with a state of its own for each stream. */
    static <A, B> Creator<Function<A, Iterable<B>>> stateful(
            Supplier<java.util.function.Function<A, ? extends Iterable<B>>> states) {
        return () -> {
            java.util.function.Function<A, ? extends Iterable<B>> state = states.get();
            return state::apply;
        };
    }
}
