package dev.sampo.tests.chaos.workload;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * What clients do during a run.
 *
 * @param perSecond records of the one writer, over all partitions
 * @param acks of the writer; with {@code all} it is idempotent
 * @param requestTimeout of the writer: how long it waits for a broker that is silent
 * @param members of the group, 0 for none
 * @param errorsAllowed false: any error that a client is given is a violation
 */
public record Load(
        int partitions, int replicationFactor, int perSecond, String acks, Duration requestTimeout, int members, boolean errorsAllowed,
        Map<String, String> topicSettings) {
    /** Six partitions on three brokers, 300 records a second, idempotent with {@code acks=all}, two readers, no group. */
    public static Load standard() {
        return new Load(6, 3, 300, "all", Duration.ofSeconds(30), 0, true, Map.of("min.insync.replicas", "2"));
    }

    public Load acks(String value) {
        return new Load(partitions, replicationFactor, perSecond, value, requestTimeout, members, errorsAllowed, topicSettings);
    }

    public Load perSecond(int value) {
        return new Load(partitions, replicationFactor, value, acks, requestTimeout, members, errorsAllowed, topicSettings);
    }

    /** For faults without a reset: the default of 30 s would be all that is measured. */
    public Load requestTimeout(Duration value) {
        return new Load(partitions, replicationFactor, perSecond, acks, value, members, errorsAllowed, topicSettings);
    }

    public Load withGroup(int count) {
        return new Load(partitions, replicationFactor, perSecond, acks, requestTimeout, count, errorsAllowed, topicSettings);
    }

    public Load withoutClientErrors() {
        return new Load(partitions, replicationFactor, perSecond, acks, requestTimeout, members, false, topicSettings);
    }

    public Load topicSetting(String name, String value) {
        var all = new TreeMap<>(topicSettings);
        all.put(name, value);
        return new Load(partitions, replicationFactor, perSecond, acks, requestTimeout, members, errorsAllowed, all);
    }
}
