package dev.sampo.tests.churn;

/**
 * The records of a topic: at offset {@code n} of a partition stands key {@code partition-(n % keys)} with the value {@code n / keys}, so that each
 * key's values are 0, 1, 2, ...
 *
 * @param records of each partition
 * @param keys of each partition
 */
record Workload(String topic, int partitions, int records, int keys) {
    String key(int partition, long offset) {
        return partition + "-" + offset % keys;
    }

    String value(long offset) {
        return Long.toString(offset / keys);
    }

    long total() {
        return (long) partitions * records;
    }
}
