package dev.sampo.tests.chaos.cluster;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What cluster is wanted.
 *
 * @param brokers ids 1 to this, all of them voters of the metadata
 * @param ownNetwork each broker in a network namespace, else all on loopback
 * @param faultsPath with the library for failing system calls; concerns files whose path contains this
 * @param disks size in MiB of the disks of their own that some brokers have, by id
 * @param settings in Kafka's or Sampo's names, for all brokers
 */
public record ClusterPlan(
        int brokers, boolean ownNetwork, Optional<String> faultsPath, Map<Integer, Integer> disks, Map<String, String> settings) {
    public static ClusterPlan of(int brokers) {
        return new ClusterPlan(brokers, false, Optional.empty(), Map.of(), Map.of());
    }

    public ClusterPlan inOwnNetwork() {
        return new ClusterPlan(brokers, true, faultsPath, disks, settings);
    }

    public ClusterPlan withSystemCallFaults(String concernedPath) {
        return new ClusterPlan(brokers, ownNetwork, Optional.of(concernedPath), disks, settings);
    }

    public ClusterPlan withDisk(int broker, int sizeMiB) {
        var all = new TreeMap<>(disks);
        all.put(broker, sizeMiB);
        return new ClusterPlan(brokers, ownNetwork, faultsPath, all, settings);
    }

    public ClusterPlan with(String setting, String value) {
        var all = new TreeMap<>(settings);
        all.put(setting, value);
        return new ClusterPlan(brokers, ownNetwork, faultsPath, disks, all);
    }
}
