package dev.sampo.actors.model;

import org.jspecify.annotations.Nullable;

/** When a produce request is answered. */
public enum Acks {
    /** Never: the connection drops the answer. */
    NONE,
    /** After the leader wrote to its log. */
    LEADER,
    /** After every in-sync replica has the batch. */
    ALL;

    /** The wire value's meaning: 0, 1 or -1; null for anything else, which is INVALID_REQUIRED_ACKS. */
    public static @Nullable Acks forWire(short acks) {
        return switch (acks) {
            case 0 -> NONE;
            case 1 -> LEADER;
            case -1 -> ALL;
            default -> null;
        };
    }
}
