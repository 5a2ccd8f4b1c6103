package dev.sampo.persistence.log;

/**
 * How long a log keeps its segments.
 *
 * @param delete {@code cleanup.policy} holds delete; without it only what is below the log start offset goes
 * @param retentionMs -1 for no limit
 * @param retentionBytes -1 for no limit
 */
public record RetentionSettings(boolean delete, long retentionMs, long retentionBytes) {}
