package dev.sampo.http.metrics;

import dev.sampo.actors.metrics.BrokerMetrics;
import dev.sampo.actors.metrics.Metric;
import dev.sampo.actors.metrics.MetricName;
import dev.sampo.actors.metrics.MetricSource;
import dev.sampo.http.metrics.Family.Kind;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a broker measures, collected anew for each scrape: nothing to register, nothing left behind. Thread-safe. */
final class Families implements MultiCollector {
    private static final Pattern PER_SECOND = Pattern.compile("(.+)PerSec\\w*");
    /** Whoever has groups wants to see each partition, and how many are shown is bounded. */
    private static final String GROUP_LAG = "consumergroup";

    private static final String KAFKA_HELP = "As the bean of that name";

    private final BrokerMetrics metrics;
    private final boolean kafkaNames;
    private final boolean partitions;

    /**
     * Shows Sampo's names.
     *
     * @param kafkaNames also the names that the common rules of the JMX exporter make of Kafka's beans
     * @param partitions also what is measured for each partition
     */
    Families(BrokerMetrics metrics, boolean kafkaNames, boolean partitions) {
        this.metrics = metrics;
        this.kafkaNames = kafkaNames;
        this.partitions = partitions;
    }

    @Override
    public MetricSnapshots collect() {
        Map<String, Family> families = new LinkedHashMap<>();
        for (MetricSource source : metrics.sources()) {
            source.collect(metric -> {
                if (partitions || metric.name().tag("partition").isEmpty() || metric.name().type().equals(GROUP_LAG)) {
                    addNative(families, metric);
                    if (kafkaNames) {
                        addKafka(families, metric);
                    }
                }
            });
        }
        List<MetricSnapshot> snapshots = new ArrayList<>(families.size());
        families.values().forEach(family -> snapshots.add(family.snapshot()));
        return new MetricSnapshots(snapshots);
    }

    private static void addNative(Map<String, Family> families, Metric metric) {
        switch (metric) {
            case Metric.Attributes(MetricName name, Map<String, Supplier<?>> values)
                    when name.type().equals("app-info") -> {
                Supplier<?> version = values.get("Version");
                if (version != null) {
                    family(families, Kind.GAUGE, "sampo_build", "1, with the version of this broker", null)
                            .value(Labels.of("version", String.valueOf(version.get())), 1);
                }
            }
            case Metric.Attributes(MetricName name, Map<String, Supplier<?>> values) ->
                values.forEach((attribute, value) -> {
                    NativeNames.Row row = NativeNames.find(name, attribute);
                    if (row != null && value.get() instanceof Number number) {
                        family(families, row).value(labels(name, row), number.doubleValue());
                    }
                });
            default -> {
                NativeNames.Row row = NativeNames.find(metric.name(), "");
                if (row != null) {
                    add(family(families, row), labels(metric.name(), row), metric, row.perUnit());
                }
            }
        }
    }

    private static void add(Family family, Labels labels, Metric metric, double perUnit) {
        switch (metric) {
            case Metric.Gauge gauge when gauge.value().get() instanceof Number number ->
                family.value(labels, number.doubleValue() / perUnit);
            case Metric.Gauge text -> {
                // a text has no place in a series
            }
            case Metric.Rate rate -> family.value(labels, (double) rate.meter().count());
            case Metric.Distribution distribution -> family.distribution(labels, distribution.histogram(), perUnit);
            case Metric.Timing timing -> family.distribution(labels, timing.histogram(), perUnit);
            case Metric.Attributes attributes -> throw new IllegalArgumentException("several values: " + metric.name());
        }
    }

    /** As lower-case exporter rules do: {@code kafka_server_brokertopicmetrics_messagesin_total}. */
    private static void addKafka(Map<String, Family> families, Metric metric) {
        MetricName name = metric.name();
        String base = lower(name.domain() + "_" + name.type() + (name.name().isEmpty() ? "" : "_" + name.name()));
        switch (metric) {
            case Metric.Attributes(MetricName same, Map<String, Supplier<?>> values) ->
                values.forEach((attribute, value) -> {
                    if (value.get() instanceof Number number) {
                        boolean total = attribute.endsWith("-total");
                        String family = base + "_" + lower(total ? attribute.substring(0, attribute.length() - 6) : attribute);
                        family(families, total ? Kind.COUNTER : Kind.GAUGE, family, KAFKA_HELP, null)
                                .value(labels(same, null), number.doubleValue());
                    }
                });
            case Metric.Gauge gauge -> {
                if (gauge.value().get() instanceof Number) {
                    add(family(families, Kind.GAUGE, base, KAFKA_HELP, null), labels(name, null), metric, 1);
                }
            }
            case Metric.Rate rate when rate.eventType().equals("percent") ->
                family(families, Kind.GAUGE, base.replaceAll("percent$", "_percent"), KAFKA_HELP, null)
                        .value(labels(name, null), rate.meter().rates().mean());
            case Metric.Rate rate -> {
                Matcher perSecond = PER_SECOND.matcher(name.name());
                String family = perSecond.matches()
                        ? lower(name.domain() + "_" + name.type() + "_" + perSecond.group(1))
                        : base;
                add(family(families, Kind.COUNTER, family, KAFKA_HELP, null), labels(name, null), metric, 1);
            }
            case Metric.Distribution distribution ->
                add(family(families, Kind.QUANTILES, base, KAFKA_HELP, null), labels(name, null), metric,
                        distribution.unit());
            case Metric.Timing timing ->
                add(family(families, Kind.QUANTILES, base, KAFKA_HELP, null), labels(name, null), metric, timing.unit());
        }
    }

    private static String lower(String text) {
        return text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_]", "_");
    }

    private static Family family(Map<String, Family> families, NativeNames.Row row) {
        return family(families, row.kind(), row.family(), row.help(), row.unit());
    }

    private static Family family(
            Map<String, Family> families, Kind kind, String name, String help, @Nullable Unit unit) {
        return families.computeIfAbsent(name, missing -> new Family(kind, name, help, unit));
    }

    private static Labels labels(MetricName name, NativeNames.@Nullable Row row) {
        var keys = new ArrayList<String>();
        var values = new ArrayList<String>();
        for (MetricName.Tag tag : name.tags()) {
            boolean loop = row != null && tag.key().equals("networkProcessor");
            keys.add(loop ? "loop" : tag.key().replaceAll("[^a-zA-Z0-9_]", "_"));
            values.add(tag.value());
        }
        if (row != null && row.label() != null) {
            keys.add(row.label());
            values.add(row.labelValue());
        }
        return Labels.of(keys, values);
    }
}
