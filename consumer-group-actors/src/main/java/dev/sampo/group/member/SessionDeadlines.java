package dev.sampo.group.member;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Who must be heard of until when. A deadline is moved at each heartbeat, so moving is cheap; finding the earliest costs
 * a walk over all, done only when time has come to the last known earliest. Times in milliseconds.
 */
public final class SessionDeadlines {
    /** No deadline at all. */
    public static final long NEVER = Long.MAX_VALUE;

    private final Map<String, Long> deadlineByMember = new HashMap<>();
    private long notBeforeMs = NEVER; // at most the true earliest deadline

    /** The member is late from {@code deadlineMs} on; replaces an earlier deadline. */
    public void set(String memberId, long deadlineMs) {
        deadlineByMember.put(memberId, deadlineMs);
        notBeforeMs = Math.min(notBeforeMs, deadlineMs);
    }

    /** True when the member has a deadline. */
    public boolean watches(String memberId) {
        return deadlineByMember.containsKey(memberId);
    }

    /** The member is not watched any more. */
    public void remove(String memberId) {
        deadlineByMember.remove(memberId);
        if (deadlineByMember.isEmpty()) {
            notBeforeMs = NEVER;
        }
    }

    /** The members that are late, in order of their ids. They stay until moved or removed. */
    public List<String> late(long nowMs) {
        if (nowMs < notBeforeMs) {
            return List.of();
        }
        var late = new ArrayList<String>();
        long earliest = NEVER;
        for (var entry : deadlineByMember.entrySet()) {
            if (entry.getValue() <= nowMs) {
                late.add(entry.getKey());
            }
            earliest = Math.min(earliest, entry.getValue());
        }
        notBeforeMs = earliest;
        late.sort(null);
        return late;
    }

    /** When {@link #late} is worth asking next: never after the earliest deadline, {@link #NEVER} without any. */
    public long nextMs() {
        return notBeforeMs;
    }

    /** Number of members watched. */
    public int size() {
        return deadlineByMember.size();
    }
}
