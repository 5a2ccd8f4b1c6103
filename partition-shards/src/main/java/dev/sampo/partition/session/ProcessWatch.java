package dev.sampo.partition.session;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one idle connection to a port of another process. When it breaks, it connects again; a port that had let it in and then
 * refuses twice on the same address has no process any more: its machine answers, and says so. A machine that does not
 * answer proves nothing.
 */
final class ProcessWatch {
    private static final Logger log = LoggerFactory.getLogger(ProcessWatch.class);
    private static final int CONNECT_TIMEOUT_MS = 2_000;
    private static final Duration AFTER_A_BREAK = Duration.ofMillis(10);
    private static final Duration WHEN_OUT_OF_REACH = Duration.ofMillis(500);
    private static final int PROOF = 2;

    private final String host;
    private final int port;
    private final Runnable onDead;
    private volatile boolean ended;
    private volatile @Nullable Socket socket;

    private ProcessWatch(String host, int port, Runnable onDead) {
        this.host = host;
        this.port = port;
        this.onDead = onDead;
    }

    /** Watches on a thread of its own, which calls {@code onDead} once at most. */
    static ProcessWatch start(String threadName, String host, int port, Runnable onDead) {
        var watch = new ProcessWatch(host, port, onDead);
        Thread.ofVirtual().name(threadName).start(watch::run);
        return watch;
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

    private void run() {
        boolean letIn = false;
        int refused = 0;
        while (!ended) {
            Duration pause = WHEN_OUT_OF_REACH;
            try (var opened = new Socket()) {
                socket = opened;
                if (ended) {
                    return; // before there was a connection to close
                }
                opened.connect(new InetSocketAddress(host, port), CONNECT_TIMEOUT_MS);
                letIn = true;
                refused = 0;
                pause = AFTER_A_BREAK;
                untilItBreaks(opened.getInputStream());
            } catch (ConnectException e) {
                if (letIn && String.valueOf(e.getMessage()).contains("refused")) {
                    pause = AFTER_A_BREAK;
                    if (++refused >= PROOF && !ended) {
                        onDead.run();
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
