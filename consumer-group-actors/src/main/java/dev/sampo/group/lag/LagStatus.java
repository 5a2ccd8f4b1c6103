package dev.sampo.group.lag;

import java.util.Locale;

/** How a group does in one partition, judged by the trend of its commits; from good to bad. See {@link LagWindow}. */
public enum LagStatus {
    /** It reads everything, has done so lately, or catches up. */
    OK,
    /** Nothing can be said: the end of the partition is not known. */
    UNKNOWN,
    /** It reads on, and has not become nearer to the end. */
    WARNING,
    /** It went back. */
    REWIND,
    /** It commits the same offset again and again while there are records to read. */
    STALLED,
    /** It has committed nothing while there are records to read. */
    STOPPED;

    /** The code between nodes; never changed. */
    int code() {
        return switch (this) {
            case OK -> 0;
            case UNKNOWN -> 1;
            case WARNING -> 2;
            case REWIND -> 3;
            case STALLED -> 4;
            case STOPPED -> 5;
        };
    }

    /** As people and machines read it: {@code ok}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The worse of the two. */
    public LagStatus worse(LagStatus other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
