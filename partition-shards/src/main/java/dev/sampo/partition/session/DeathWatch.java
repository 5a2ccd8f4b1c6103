package dev.sampo.partition.session;

import dev.sampo.actors.protocol.Controller.Endpoint;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Broker;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one idle connection to the replication listener of each live broker. When it breaks, it connects again; a broker that
 * had let it in and then refuses twice on the same address has no process any more: its machine answers, and says so. A
 * machine that does not answer proves nothing.
 */
final class DeathWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DeathWatch.class);
    private static final int CONNECT_TIMEOUT_MS = 2_000;
    private static final Duration AFTER_A_BREAK = Duration.ofMillis(10);
    private static final Duration WHEN_OUT_OF_REACH = Duration.ofMillis(500);
    private static final int PROOF = 2;

    /** Told on a thread of the watch. */
    interface Listener {
        void dead(int brokerId, long incarnation);
    }

    private final int self;
    private final Listener listener;
    private final Map<Integer, Watch> watches = new HashMap<>();
    private boolean closed;

    DeathWatch(int self, Listener listener) {
        this.self = self;
        this.listener = listener;
    }

    /** Watches the live brokers of this image, but for this one. */
    synchronized void follow(MetadataImage image) {
        watches.values().removeIf(watch -> {
            Broker broker = image.brokers().get(watch.brokerId);
            boolean over = broker == null || broker.fenced() || broker.incarnation() != watch.incarnation;
            if (over) {
                watch.end();
            }
            return over;
        });
        for (Broker broker : image.brokers().values()) {
            if (!closed && broker.id() != self && !broker.fenced() && !watches.containsKey(broker.id())) {
                broker.endpoints().stream()
                        .filter(endpoint -> endpoint.listener().equals(Endpoint.REPLICATION))
                        .findFirst()
                        .ifPresent(endpoint -> {
                            var watch = new Watch(broker.id(), broker.incarnation(), endpoint);
                            watches.put(broker.id(), watch);
                            Thread.ofVirtual().name("death-watch-" + broker.id()).start(watch);
                        });
            }
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        watches.values().forEach(Watch::end);
        watches.clear();
    }

    private final class Watch implements Runnable {
        private final int brokerId;
        private final long incarnation;
        private final Endpoint endpoint;
        private volatile boolean ended;
        private volatile @Nullable Socket socket;

        Watch(int brokerId, long incarnation, Endpoint endpoint) {
            this.brokerId = brokerId;
            this.incarnation = incarnation;
            this.endpoint = endpoint;
        }

        void end() {
            ended = true;
            Socket open = socket;
            if (open != null) {
                try {
                    open.close();
                } catch (IOException e) {
                    log.atDebug().setCause(e).log("a watch's connection did not close");
                }
            }
        }

        @Override
        public void run() {
            boolean letIn = false;
            int refused = 0;
            while (!ended) {
                Duration pause = WHEN_OUT_OF_REACH;
                try (var opened = new Socket()) {
                    socket = opened;
                    opened.connect(new InetSocketAddress(endpoint.host(), endpoint.port()), CONNECT_TIMEOUT_MS);
                    letIn = true;
                    refused = 0;
                    pause = AFTER_A_BREAK;
                    untilItBreaks(opened.getInputStream());
                } catch (ConnectException e) {
                    if (letIn && String.valueOf(e.getMessage()).contains("refused")) {
                        pause = AFTER_A_BREAK;
                        if (++refused >= PROOF && !ended) {
                            log.atInfo().addKeyValue("brokerId", brokerId).addKeyValue("incarnation", incarnation)
                                    .log("the process of a broker is gone: its port refuses connections");
                            listener.dead(brokerId, incarnation);
                            return;
                        }
                    }
                } catch (IOException e) {
                    log.atTrace().setCause(e).log("a watch's connection broke");
                }
                try {
                    Thread.sleep(pause);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        }

        private static void untilItBreaks(InputStream in) throws IOException {
            int next = in.read();
            while (next >= 0) { // nobody sends anything unasked
                next = in.read();
            }
        }
    }
}
