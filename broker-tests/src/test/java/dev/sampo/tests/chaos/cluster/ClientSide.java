package dev.sampo.tests.chaos.cluster;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Where clients stand in the network. Threads started by such a thread stand there as well. */
public interface ClientSide {
    /** Done first in each thread. */
    void enter();

    /** Clients on the machine's own loopback. */
    static ClientSide loopback() {
        return () -> {};
    }

    /** Starts a daemon thread on this side. */
    default Thread start(String name, Runnable work) {
        return Thread.ofPlatform().name(name).daemon(true).start(() -> {
            enter();
            work.run();
        });
    }

    /** Runs it in a thread on this side and waits for it. */
    default <T> T call(Callable<T> work) {
        var result = new CompletableFuture<T>();
        start("client side", () -> {
            try {
                result.complete(work.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        try {
            return result.get(200, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("no end within 200 s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
