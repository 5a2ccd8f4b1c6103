package dev.sampo.group.lag;

/**
 * A value of the history of a group.
 *
 * @param timeMs wall clock, the beginning of its span
 * @param lagMs age of the first record that was not read, -1 when it is not known
 */
public record LagPoint(long timeMs, long lagRecords, long lagMs) {}
