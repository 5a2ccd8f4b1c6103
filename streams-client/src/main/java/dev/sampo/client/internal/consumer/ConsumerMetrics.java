package dev.sampo.client.internal.consumer;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;

/** A consumer's numbers under the names that Kafka's consumer gives them. */
final class ConsumerMetrics {
    private static final String GROUP = "consumer-fetch-manager-metrics";

    private record Value(MetricName metricName, Object metricValue) implements Metric {}

    private ConsumerMetrics() {}

    static Map<MetricName, Metric> of(String clientId, Fetching fetching, FetchPlanner planner, long commits) {
        var lagMax = new long[] {-1};
        fetching.forEachLag(lag -> lagMax[0] = Math.max(lagMax[0], lag));
        var metrics = new HashMap<MetricName, Metric>();
        add(metrics, clientId, GROUP, "fetch-total", "fetch requests sent", fetching.fetches());
        add(metrics, clientId, GROUP, "bytes-consumed-total", "bytes of records fetched", fetching.fetchedBytes());
        add(metrics, clientId, GROUP, "records-lag-max", "records behind the end, of the partition that is furthest"
                + " behind; -1 when not known", lagMax[0]);
        add(metrics, clientId, GROUP, "buffered-bytes", "bytes of records held ready", planner.bufferedBytes());
        add(metrics, clientId, "consumer-coordinator-metrics", "assigned-partitions", "partitions assigned",
                planner.partitions().size());
        add(metrics, clientId, "consumer-coordinator-metrics", "commit-total", "commit requests sent", commits);
        return Map.copyOf(metrics);
    }

    private static void add(
            Map<MetricName, Metric> metrics, String clientId, String group, String name, String text, long value) {
        var metricName = new MetricName(name, group, text, Map.of("client-id", clientId));
        metrics.put(metricName, new Value(metricName, (double) value));
    }
}
