package dev.sampo.persistence.log;

import java.nio.file.Path;
import java.util.List;

/**
 * What retention removed.
 *
 * @param logStartOffset the log's start afterwards
 * @param segments how many were removed
 * @param filesToDelete renamed to {@code .deleted}: delete them after {@code fileDeleteDelayMs} on a blocking thread;
 *     those that are forgotten go at the next start
 */
public record RetentionResult(long logStartOffset, int segments, List<Path> filesToDelete) {}
