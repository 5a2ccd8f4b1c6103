package dev.sampo.partition.replica;

import dev.sampo.persistence.log.DamagedLogException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one line that an operator finds about a damaged log. */
public final class Quarantine {
    private static final Logger log = LoggerFactory.getLogger(Quarantine.class);

    private Quarantine() {}

    public static void log(DamagedLogException damage, String topicPartition) {
        log.atError()
                .addKeyValue("topicPartition", topicPartition)
                .addKeyValue("file", damage.file())
                .addKeyValue("position", damage.position())
                .addKeyValue("offset", damage.offset())
                .addKeyValue("expected", damage.expected())
                .addKeyValue("found", damage.found())
                .log("log is damaged, partition is offline and its files stay as they are; restore the file from a copy, or"
                        + " save what can be read of it and delete the topic, then restart the broker");
    }
}
