package dev.sampo.http.metrics;

import dev.sampo.actors.metrics.MetricName;
import dev.sampo.http.metrics.Family.Kind;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sampo's own names of what is measured: {@code sampo_}, base units last, one row for each of Kafka's names that is
 * shown. What is counted for topics and for the whole broker are different families, so that a sum counts nothing twice.
 */
final class NativeNames {
    private static final double MICROS = 1e6;
    private static final double NANOS = 1e9;

    /**
     * One row.
     *
     * @param family without {@code _total}
     * @param perUnit measured values in one of the unit
     * @param label one more label, null for none
     */
    record Row(
            Kind kind, String family, String help, @Nullable Unit unit, double perUnit, @Nullable String label,
            String labelValue) {}

    private static final Map<String, Row> ROWS = new LinkedHashMap<>(); // by type, name and whether it has a topic

    static {
        topics("MessagesInPerSec", "appended_records", "Records appended by leaders of this broker", null);
        topics("BytesInPerSec", "appended_bytes", "Bytes of batches appended by leaders of this broker", Unit.BYTES);
        topics("BytesOutPerSec", "fetched_bytes", "Bytes of batches sent to consumers", Unit.BYTES);
        topics("BytesRejectedPerSec", "rejected_bytes", "Bytes of batches refused as too large", Unit.BYTES);
        topics("TotalProduceRequestsPerSec", "produce_requests", "Appends asked for, one for each partition", null);
        topics("TotalFetchRequestsPerSec", "fetch_requests", "Reads asked for, one for each partition", null);
        topics("FailedProduceRequestsPerSec", "failed_produce_requests", "Appends refused for their contents", null);
        topics("FailedFetchRequestsPerSec", "failed_fetch_requests", "Reads that failed by a fault", null);

        counter("RequestMetrics", "RequestsPerSec", "requests", "Requests received");
        counter("RequestMetrics", "ErrorsPerSec", "response_codes", "Error codes in answers; NONE is success");
        row("RequestMetrics", "TotalTimeMs", Kind.HISTOGRAM, "request_duration_seconds",
                "From the request's bytes to the last byte of its answer", Unit.SECONDS, MICROS, null, "");
        phase("RequestQueueTimeMs", "request_queue");
        phase("LocalTimeMs", "local");
        phase("RemoteTimeMs", "remote");
        phase("ResponseQueueTimeMs", "response_queue");
        phase("ResponseSendTimeMs", "response_send");
        row("RequestMetrics", "RequestBytes", Kind.SUMMARY, "request_size_bytes", "Sizes of requests", Unit.BYTES, 1,
                null, "");
        gauge("DelayedOperationPurgatory", "PurgatorySize", "requests_waiting",
                "Requests that wait for partitions, the disk or a long poll");

        gauge("ReplicaManager", "PartitionCount", "partitions", "Partitions with a replica on this broker");
        gauge("ReplicaManager", "LeaderCount", "partitions_led", "Partitions led by this broker");
        gauge("ReplicaManager", "UnderReplicatedPartitions", "partitions_under_replicated",
                "Partitions led here with fewer in-sync replicas than replicas");
        gauge("ReplicaManager", "UnderMinIsrPartitionCount", "partitions_under_min_isr",
                "Partitions led here with fewer in-sync replicas than min.insync.replicas");
        gauge("ReplicaManager", "AtMinIsrPartitionCount", "partitions_at_min_isr",
                "Partitions led here with just min.insync.replicas in-sync replicas");
        gauge("ReplicaManager", "OfflineReplicaCount", "partitions_offline",
                "Partitions of this broker whose log cannot be used");
        counter("ReplicaManager", "IsrShrinksPerSec", "isr_shrinks", "In-sync replicas lost by partitions led here");
        counter("ReplicaManager", "IsrExpandsPerSec", "isr_expands", "In-sync replicas gained by partitions led here");

        gauge("KafkaController", "ActiveControllerCount", "controller_active", "1 on the node of the controller");
        gauge("KafkaController", "ActiveBrokerCount", "brokers_active", "Brokers of the cluster that serve");
        gauge("KafkaController", "FencedBrokerCount", "brokers_fenced", "Brokers of the cluster that are fenced");
        gauge("KafkaController", "GlobalTopicCount", "cluster_topics", "Topics of the cluster");
        gauge("KafkaController", "GlobalPartitionCount", "cluster_partitions", "Partitions of the cluster");
        gauge("KafkaController", "OfflinePartitionsCount", "cluster_partitions_without_leader",
                "Partitions of the cluster without a leader");
        gauge("KafkaController", "PreferredReplicaImbalanceCount", "cluster_partitions_not_preferred",
                "Partitions of the cluster that their first replica does not lead");
        gauge("KafkaController", "LastAppliedRecordOffset", "metadata_offset", "Newest metadata record applied here");

        for (String state : new String[] {"PreparingRebalance", "CompletingRebalance", "Stable", "Empty", "Dead"}) {
            row("GroupMetadataManager", "NumGroups" + state, Kind.GAUGE, "groups", "Groups coordinated here", null, 1,
                    "state", state);
        }
        gauge("consumergroup", "lag", "group_lag_records", "Records that a group has not read in a partition");
        row("consumergroup", "lag_seconds", Kind.GAUGE, "group_lag_seconds",
                "Age of the first record that a group has not read in a partition", Unit.SECONDS, 1, null, "");
        gauge("consumergroup", "current_offset", "group_committed_offset", "Committed offset of a group in a partition");
        gauge("consumergroup", "lag_sum", "group_lag_records_sum", "Records that a group has not read in all partitions");
        row("consumergroup", "lag_max_seconds", Kind.GAUGE, "group_lag_max_seconds",
                "Age of the oldest record that a group has not read", Unit.SECONDS, 1, null, "");
        counter("consumergroup", "rebalances", "group_rebalances", "Rebalances of a group since it is coordinated here");
        gauge("consumergroup", "status", "group_status", "1 for what a group's commits say: ok, warning, rewind, "
                + "stalled, stopped, unknown");
        gauge("FetchSessionCache", "NumIncrementalFetchSessions", "fetch_sessions", "Fetch sessions");
        gauge("FetchSessionCache", "NumIncrementalFetchPartitionsCached", "fetch_session_partitions",
                "Partitions of all fetch sessions");
        counter("FetchSessionCache", "IncrementalFetchSessionEvictionsPerSec", "fetch_session_evictions",
                "Fetch sessions that made place for others");

        row("LogFlushStats", "LogFlushRateAndTimeMs", Kind.HISTOGRAM, "log_flush_duration_seconds",
                "Forcing a log to disk", Unit.SECONDS, NANOS, null, "");
        row("Log", "Size", Kind.GAUGE, "log_size_bytes", "Bytes of a partition's log", Unit.BYTES, 1, null, "");
        gauge("Log", "NumLogSegments", "log_segments", "Segments of a partition's log");
        gauge("Log", "LogStartOffset", "log_start_offset", "First offset kept");
        gauge("Log", "LogEndOffset", "log_end_offset", "Next offset to be written");
        row("Processor", "IdlePercent", Kind.GAUGE, "loop_idle_ratio", "Share of time that a loop slept, about a minute",
                Unit.RATIO, 1, null, "");
        gauge("KafkaServer", "BrokerState", "broker_state", "3 is a broker that serves");

        row("socket-server-metrics", "connection-count", Kind.GAUGE, "connections", "Open connections", null, 1, null, "");
        counter("socket-server-metrics", "connection-creation-total", "connections_opened", "Connections accepted");
        counter("socket-server-metrics", "connection-close-total", "connections_closed", "Connections ended");
        row("socket-server-metrics", "incoming-byte-total", Kind.COUNTER, "network_received_bytes",
                "Bytes read from clients", Unit.BYTES, 1, null, "");
        row("socket-server-metrics", "outgoing-byte-total", Kind.COUNTER, "network_sent_bytes",
                "Bytes that clients' sockets took", Unit.BYTES, 1, null, "");
    }

    private NativeNames() {}

    private static void topics(String name, String family, String help, @Nullable Unit unit) {
        row("BrokerTopicMetrics", name, Kind.COUNTER, family, help, unit, 1, null, "");
        ROWS.put(
                key("BrokerTopicMetrics", name, true),
                new Row(Kind.COUNTER, "sampo_topic_" + family, help + ", by topic", unit, 1, null, ""));
    }

    private static void counter(String type, String name, String family, String help) {
        row(type, name, Kind.COUNTER, family, help, null, 1, null, "");
    }

    private static void gauge(String type, String name, String family, String help) {
        row(type, name, Kind.GAUGE, family, help, null, 1, null, "");
    }

    private static void phase(String name, String phase) {
        row("RequestMetrics", name, Kind.SUMMARY, "request_phase_duration_seconds", "Phases of requests", Unit.SECONDS,
                MICROS, "phase", phase);
    }

    private static void row(
            String type, String name, Kind kind, String family, String help, @Nullable Unit unit, double perUnit,
            @Nullable String label, String labelValue) {
        ROWS.put(
                key(type, name, false),
                new Row(kind, "sampo_" + family, help, unit, perUnit, label, labelValue));
    }

    private static String key(String type, String name, boolean ofTopic) {
        return type + ' ' + name + (ofTopic ? " topic" : "");
    }

    /** The row of a metric, or of one attribute of it; null when it has none. */
    static @Nullable Row find(MetricName name, String attribute) {
        if (name.tag("request").equals("FetchConsumer")) {
            return null; // counted as Fetch already
        }
        boolean ofTopic = name.type().equals("BrokerTopicMetrics") && !name.tag("topic").isEmpty();
        return ROWS.get(key(name.type(), attribute.isEmpty() ? name.name() : attribute, ofTopic));
    }
}
