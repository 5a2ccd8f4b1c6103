package dev.sampo.client.producer;

import java.util.LinkedHashSet;
import java.util.Set;

/** When to ask for metadata, and about which topics: one question at a time, with a back-off in between. */
final class MetadataNeed {
    private final long backoffMs;
    private final long maxAgeMs;
    private final Set<String> wanted = new LinkedHashSet<>();
    private boolean asking;
    private long notBeforeMs;
    private long lastAnswerMs = Long.MIN_VALUE;

    MetadataNeed(long backoffMs, long maxAgeMs) {
        this.backoffMs = backoffMs;
        this.maxAgeMs = maxAgeMs;
    }

    /** Something about this topic is unknown or wrong. */
    void want(String topic) {
        wanted.add(topic);
    }

    /** An answer or a failure came. */
    void answered(long nowMs) {
        asking = false;
        notBeforeMs = nowMs + backoffMs;
        lastAnswerMs = nowMs;
    }

    /** The topics to ask about now; empty for no question. The caller asks and calls {@link #answered} later. */
    Set<String> take(Set<String> allTopics, long nowMs) {
        if (asking || nowMs < notBeforeMs) {
            return Set.of();
        }
        if (lastAnswerMs != Long.MIN_VALUE && nowMs - lastAnswerMs >= maxAgeMs) {
            wanted.addAll(allTopics);
        }
        if (wanted.isEmpty()) {
            return Set.of();
        }
        Set<String> taken = Set.copyOf(wanted);
        wanted.clear();
        asking = true;
        return taken;
    }

    /** When {@link #take} may next have something to ask; {@link Long#MAX_VALUE} for not before an answer. */
    long nextMs() {
        if (asking) {
            return Long.MAX_VALUE;
        }
        return wanted.isEmpty() ? lastAnswerMs == Long.MIN_VALUE ? Long.MAX_VALUE : lastAnswerMs + maxAgeMs : notBeforeMs;
    }
}
