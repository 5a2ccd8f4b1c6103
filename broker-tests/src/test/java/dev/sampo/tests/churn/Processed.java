package dev.sampo.tests.churn;

/**
 * A member has processed these records, one after the other, before it committed them.
 *
 * @param to inclusive
 * @param atMs the machine's clock, when the last of them was processed
 */
record Processed(int partition, long from, long to, long atMs) {}
