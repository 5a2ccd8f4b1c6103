package dev.sampo.http.metrics;

import dev.sampo.actors.metrics.BrokerMetrics;
import dev.sampo.actors.metrics.Histogram;
import dev.sampo.actors.metrics.Metric;
import dev.sampo.actors.metrics.MetricName;
import dev.sampo.actors.metrics.MetricSource;
import dev.sampo.actors.metrics.TopicMeters;
import dev.sampo.actors.metrics.TopicMetric;
import dev.sampo.kafka.metrics.RequestMetrics;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class MetricsTextTest {
    private static final Pattern SERIES = Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{.*})? (\\S+)");

    private final BrokerMetrics metrics = new BrokerMetrics(System::nanoTime);

    private String scrape(String type, boolean kafkaNames, boolean partitions) {
        try (var text = new MetricsText(metrics, kafkaNames, partitions)) {
            return text.scrape(type);
        }
    }

    private void countSomething() {
        TopicMeters orders = metrics.topics().of(Uuid.randomUuid(), "orders");
        orders.mark(TopicMetric.MESSAGES_IN, 12);
        orders.mark(TopicMetric.BYTES_IN, 345);
        var requests = new RequestMetrics(System::nanoTime, metrics::changed);
        metrics.add(requests);
        requests.of(ApiKeys.PRODUCE).received((short) 13, 100);
        requests.of(ApiKeys.PRODUCE).error((short) 0);
        requests.of(ApiKeys.PRODUCE).ended(0, 10_000, 20_000, 2_000_000, 2_000_000, 3_000_000);
        requests.of(ApiKeys.FETCH).received((short) 17, 50);
        metrics.logs().flushed(5_000_000);
        metrics.add(new MetricSource() {
            private final Metric log = new Metric.Gauge(
                    MetricName.of("kafka.log", "Log", "Size", "topic", "orders", "partition", "0"), () -> 77L);

            @Override
            public long version() {
                return 0;
            }

            @Override
            public void collect(Consumer<Metric> sink) {
                sink.accept(log);
            }
        });
    }

    @Test
    void countsOfTopicsAndOfTheBrokerAreFamiliesOfTheirOwn() {
        // Given
        countSomething();

        // When
        String text = scrape(MetricsText.PROMETHEUS, false, false);

        // Then
        assertThat(text).contains(
                "sampo_topic_appended_records_total{topic=\"orders\"} 12.0", "sampo_appended_records_total 12.0",
                "sampo_topic_appended_bytes_total{topic=\"orders\"} 345.0",
                "sampo_requests_total{request=\"Produce\",version=\"13\"} 1.0",
                "sampo_response_codes_total{error=\"NONE\",request=\"Produce\"} 1.0");
        assertThat(text).doesNotContain("FetchConsumer").doesNotContain("sampo_log_size_bytes").doesNotContain("kafka_");
    }

    @Test
    void timesAreSecondsInBucketsThatGrow() {
        // Given
        countSomething();

        // When
        String text = scrape(MetricsText.PROMETHEUS, false, false);

        // Then
        assertThat(text).contains(
                "sampo_request_duration_seconds_bucket{request=\"Produce\",le=\"0.001024\"} 0",
                "sampo_request_duration_seconds_bucket{request=\"Produce\",le=\"0.004096\"} 1",
                "sampo_request_duration_seconds_bucket{request=\"Produce\",le=\"+Inf\"} 1",
                "sampo_request_duration_seconds_sum{request=\"Produce\"} 0.003",
                "sampo_request_phase_duration_seconds_sum{phase=\"remote\",request=\"Produce\"} 0.00198");
    }

    @Test
    void partitionsAndKafkasNamesAreShownWhenWanted() {
        // Given
        countSomething();

        // When
        String text = scrape(MetricsText.PROMETHEUS, true, true);

        // Then
        assertThat(text).contains(
                "sampo_log_size_bytes{partition=\"0\",topic=\"orders\"} 77.0",
                "kafka_log_log_size{partition=\"0\",topic=\"orders\"} 77.0",
                "kafka_server_brokertopicmetrics_messagesin_total{topic=\"orders\"} 12.0",
                "kafka_network_requestmetrics_totaltimems_count{request=\"FetchConsumer\"} 0",
                "kafka_network_requestmetrics_requests_total{request=\"FetchConsumer\",version=\"17\"} 1.0");
    }

    @Test
    void aTopicThatIsThereTwiceForAMomentBreaksNoScrape() {
        // Given
        metrics.topics().of(Uuid.randomUuid(), "twice").mark(TopicMetric.MESSAGES_IN, 1);
        metrics.topics().of(Uuid.randomUuid(), "twice").mark(TopicMetric.MESSAGES_IN, 1);

        // When
        String text = scrape(MetricsText.PROMETHEUS, true, true);

        // Then
        assertThat(text).contains("sampo_topic_appended_records_total{topic=\"twice\"} 1.0");
    }

    @ParameterizedTest
    @CsvSource({"false,false", "true,true"})
    void everySeriesHasItsFamilyAndNothingIsThereTwice(boolean kafkaNames, boolean partitions) {
        // Given
        countSomething();

        // When
        String text = scrape(MetricsText.PROMETHEUS, kafkaNames, partitions);

        // Then
        assertThat(complaints(text)).isEmpty();
    }

    @Test
    void openMetricsIsGivenToWhoAsksForIt() {
        // Given
        countSomething();
        String accept = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

        // When
        String text = scrape(MetricsText.contentType(accept), false, false);

        // Then
        assertThat(text).endsWith("# EOF\n").contains("# UNIT sampo_appended_bytes bytes");
        assertThat(MetricsText.contentType("text/plain")).isEqualTo(MetricsText.PROMETHEUS);
        assertThat(MetricsText.contentType("")).isEqualTo(MetricsText.PROMETHEUS);
    }

    @Test
    void theJvmAndTheProcessAreShown() {
        // When
        String text = scrape(MetricsText.PROMETHEUS, false, false);

        // Then
        assertThat(text).contains("jvm_memory_used_bytes", "jvm_threads_live_threads", "process_uptime_seconds",
                "process_cpu_usage", "process_files_open_files");
    }

    @Test
    void aHistogramsBucketsHoldAllItsValues() {
        // Given
        var histogram = new Histogram(System::nanoTime);
        for (long value : new long[] {0, 15, 16, 255, 256, 1_023, 1_024, 1 << 20, 1L << 41}) {
            histogram.record(value);
        }

        // When
        long[] below = histogram.countsBelow(new long[] {256, 1_024, 1L << 21});

        // Then
        assertThat(below).containsExactly(4, 6, 8);
    }

    /** What promtool's check would complain of, as far as it concerns names, types and doubles. */
    private static List<String> complaints(String text) {
        Map<String, String> types = new HashMap<>();
        Set<String> helps = new HashSet<>();
        Set<String> seen = new HashSet<>();
        return Arrays.stream(text.split("\n", -1)).filter(line -> !line.isEmpty()).map(line -> {
            String[] words = line.split(" ", 4);
            if (line.startsWith("# TYPE ")) {
                return types.put(words[2], words[3]) == null ? "" : "second TYPE: " + line;
            }
            if (line.startsWith("# HELP ")) {
                return helps.add(words[2]) && words.length == 4 ? "" : "second or empty HELP: " + line;
            }
            Matcher series = SERIES.matcher(line);
            if (!series.matches()) {
                return "no series: " + line;
            }
            String name = series.group(1);
            String family = types.containsKey(name) ? name : name.replaceAll("_(bucket|sum|count)$", "");
            String type = types.getOrDefault(family, "");
            if (type.isEmpty() || !helps.contains(family)) {
                return "no TYPE or HELP: " + line;
            }
            if (type.equals("counter") != name.endsWith("_total")) {
                return "a counter, and nothing else, ends in _total: " + line;
            }
            if (name.startsWith("sampo_") && (name.contains("_ms") || name.contains("millis"))) {
                return "no base unit: " + line;
            }
            return seen.add(name + series.group(2)) ? "" : "there twice: " + line;
        }).filter(complaint -> !complaint.isEmpty()).toList();
    }
}
