package dev.sampo.tests.chaos.history;

/** Something that a client did or saw. {@code atNanos} is on the monotonic clock of the machine that ran the clients. */
public sealed interface Event {
    long atNanos();

    /** Before the producer was given the value. */
    record Sent(long atNanos, Value value) implements Event {}

    record Acknowledged(long atNanos, Value value, long offset) implements Event {}

    /** The producer gave up: the value may be in the log or not. */
    record Failed(long atNanos, Value value, String error) implements Event {}

    /**
     * A record was returned by a poll.
     *
     * @param assignment grows with each assignment of this reader; order holds within one
     * @param text the record's value as it is
     */
    record Read(long atNanos, String reader, int assignment, int partition, long offset, String text) implements Event {}

    /** A reader was told that its position is out of range, or that the log was cut below it. */
    record PositionGone(long atNanos, String reader, int partition, String error) implements Event {}

    /** A client was told the end of a partition. */
    record EndSeen(long atNanos, int partition, long endOffset) implements Event {}

    /** A client other than a producer's send was given an error. */
    record ClientFailed(long atNanos, String client, String error) implements Event {}

    /** The run itself found that a promise was not kept. */
    record Missed(long atNanos, Rule rule, String detail) implements Event {}
}
