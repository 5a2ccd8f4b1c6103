package dev.sampo.cluster;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import dev.sampo.kafka.handler.LoggerLevels;
import java.util.Map;
import java.util.TreeMap;

/** The loggers of Logback under Kafka's names. Logback has no FATAL: it is ERROR. */
public final class LogbackLevels implements LoggerLevels {
    private final LoggerContext context;

    /** The loggers of one context. */
    public LogbackLevels(LoggerContext context) {
        this.context = context;
    }

    @Override
    public Map<String, String> levels() {
        var levels = new TreeMap<String, String>();
        for (Logger logger : context.getLoggerList()) {
            String name = logger.getName().equals(org.slf4j.Logger.ROOT_LOGGER_NAME) ? ROOT : logger.getName();
            levels.put(name, logger.getEffectiveLevel().toString());
        }
        return levels;
    }

    @Override
    public void set(String logger, String level) {
        logger(logger).setLevel(level.equals("FATAL") ? Level.ERROR : Level.valueOf(level));
    }

    @Override
    public void unset(String logger) {
        logger(logger).setLevel(null);
    }

    private Logger logger(String name) {
        return context.getLogger(name.equals(ROOT) ? org.slf4j.Logger.ROOT_LOGGER_NAME : name);
    }
}
