package dev.sampo.kafka.handler;

import java.util.Map;

/**
 * The levels of this broker's loggers, which clients see and change as the resource BROKER_LOGGER (KIP-412). Levels are
 * TRACE, DEBUG, INFO, WARN, ERROR and FATAL; the root logger is called {@code root}. Thread-safe.
 */
public interface LoggerLevels {
    /** The name of the logger above all. */
    String ROOT = "root";

    /** Level in force by logger, for every logger that exists. */
    Map<String, String> levels();

    /** Sets a level of a logger that exists. */
    void set(String logger, String level);

    /** The logger has the level of the one above it again; not for {@link #ROOT}. */
    void unset(String logger);
}
