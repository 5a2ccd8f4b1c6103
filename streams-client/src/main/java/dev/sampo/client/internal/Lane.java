package dev.sampo.client.internal;

/**
 * Which of a broker's connections a request uses. A broker answers the requests of one connection in order, so a
 * request that waits on purpose (a long poll, a join) must not share a connection with one that should be quick.
 */
public enum Lane {
    /** Quick requests: metadata, offsets, commits, produce. */
    GENERAL,
    /** JoinGroup, SyncGroup and Heartbeat: a join waits for the other members. */
    GROUP,
    /** First connection of long polls. */
    FETCH,
    /** Second connection of long polls, for partitions that became wanted while the first one waits. */
    LATE_FETCH
}
