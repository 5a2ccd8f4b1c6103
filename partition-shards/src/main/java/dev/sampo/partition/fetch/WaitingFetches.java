package dev.sampo.partition.fetch;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Readers that wait at the end of one partition: at most one watch each, told once. The deadline is the reader's own
 * affair: a watch whose request is over is replaced by the reader's next one, told in vain, or expires.
 *
 * @param <R> who waits
 */
public final class WaitingFetches<R> {
    /** Where to report: request and the place of this partition in it. */
    public record Watch(long requestId, int index, long fetchOffset, long sinceMs) {}

    private final Map<R, Watch> watches = new LinkedHashMap<>();

    /** Waits until something at or after the watch's offset may be read. */
    public void watch(R reader, Watch watch) {
        watches.put(reader, watch);
    }

    /** Records below {@code upperBound} may be read: tells and forgets every reader that waits below it. */
    public void onReadable(long upperBound, BiConsumer<R, Watch> tell) {
        if (watches.isEmpty()) {
            return;
        }
        watches.entrySet().removeIf(entry -> {
            boolean readable = entry.getValue().fetchOffset() < upperBound;
            if (readable) {
                tell.accept(entry.getKey(), entry.getValue());
            }
            return readable;
        });
    }

    /** Something else changed (leadership, log start, deletion): everyone reads again. */
    public void onChanged(BiConsumer<R, Watch> tell) {
        watches.forEach(tell);
        watches.clear();
    }

    /** Forgets watches made before {@code beforeMs}: readers that have gone away. */
    public void expire(long beforeMs) {
        watches.values().removeIf(watch -> watch.sinceMs() < beforeMs);
    }

    public int size() {
        return watches.size();
    }
}
