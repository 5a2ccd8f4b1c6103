package dev.sampo.actors.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.AttributeNotFoundException;
import javax.management.DynamicMBean;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanException;
import javax.management.MBeanInfo;
import javax.management.ReflectionException;
import org.jspecify.annotations.Nullable;

/** A metric as Kafka's tools see it over JMX: its attributes have the names and types that Kafka's have. */
final class MetricBean implements DynamicMBean {
    private static final List<String> METER = List.of(
            "Count", "EventType", "FifteenMinuteRate", "FiveMinuteRate", "MeanRate", "OneMinuteRate", "RateUnit");
    private static final List<String> HISTOGRAM = List.of(
            "50thPercentile", "75thPercentile", "95thPercentile", "98thPercentile", "999thPercentile",
            "99thPercentile", "Count", "Max", "Mean", "Min", "StdDev");
    private static final MBeanInfo GAUGE_INFO = info("gauge", List.of("Value"));
    private static final MBeanInfo METER_INFO = info("meter", METER);
    private static final MBeanInfo HISTOGRAM_INFO = info("histogram", HISTOGRAM);
    private static final MBeanInfo TIMER_INFO = info("timer", timer());

    private volatile Metric metric;

    MetricBean(Metric metric) {
        this.metric = metric;
    }

    /** The same name is measured by another instrument now: a topic that was deleted and made again. */
    void metric(Metric newer) {
        metric = newer;
    }

    private static List<String> timer() {
        var all = new ArrayList<>(HISTOGRAM);
        METER.stream().filter(name -> !all.contains(name)).forEach(all::add);
        all.add("LatencyUnit");
        all.sort(null);
        return all;
    }

    private static MBeanInfo info(String kind, List<String> attributes) {
        MBeanAttributeInfo[] infos = attributes.stream()
                .map(name -> new MBeanAttributeInfo(name, type(name), name, true, false, false))
                .toArray(MBeanAttributeInfo[]::new);
        return new MBeanInfo(MetricBean.class.getName(), "a " + kind, infos, null, null, null);
    }

    private static String type(String attribute) {
        return switch (attribute) {
            case "Value" -> Object.class.getName();
            case "Count" -> "long";
            case "EventType" -> String.class.getName();
            case "RateUnit", "LatencyUnit" -> TimeUnit.class.getName();
            default -> "double";
        };
    }

    private static String type(Object value) {
        return value instanceof Double ? "double" : value.getClass().getName();
    }

    @Override
    public MBeanInfo getMBeanInfo() {
        return switch (metric) {
            case Metric.Gauge gauge -> GAUGE_INFO;
            case Metric.Rate rate -> METER_INFO;
            case Metric.Distribution distribution -> HISTOGRAM_INFO;
            case Metric.Timing timing -> TIMER_INFO;
            case Metric.Attributes(MetricName name, Map<String, Supplier<?>> values) -> {
                MBeanAttributeInfo[] infos = values.entrySet().stream()
                        .map(entry -> new MBeanAttributeInfo(
                                entry.getKey(), type(entry.getValue().get()), entry.getKey(), true, false, false))
                        .toArray(MBeanAttributeInfo[]::new);
                yield new MBeanInfo(MetricBean.class.getName(), "values", infos, null, null, null);
            }
        };
    }

    @Override
    public Object getAttribute(String attribute) throws AttributeNotFoundException {
        Object value = switch (metric) {
            case Metric.Gauge gauge -> attribute.equals("Value") ? gauge.value().get() : null;
            case Metric.Rate rate -> rate(rate.meter(), rate.eventType(), attribute);
            case Metric.Distribution distribution ->
                distribution(distribution.histogram(), distribution.unit(), attribute);
            case Metric.Timing timing -> {
                Object shared = distribution(timing.histogram(), timing.unit(), attribute);
                yield shared != null ? shared
                        : attribute.equals("LatencyUnit") ? TimeUnit.MILLISECONDS
                        : rate(timing.meter(), timing.eventType(), attribute);
            }
            case Metric.Attributes attributes -> {
                Supplier<?> source = attributes.values().get(attribute);
                yield source == null ? null : source.get();
            }
        };
        if (value == null) {
            throw new AttributeNotFoundException(metric.name().objectName() + " has no attribute " + attribute);
        }
        return value;
    }

    private static @Nullable Object rate(Meter meter, String eventType, String attribute) {
        return switch (attribute) {
            case "Count" -> meter.count();
            case "EventType" -> eventType;
            case "RateUnit" -> eventType.equals("percent") ? TimeUnit.NANOSECONDS : TimeUnit.SECONDS;
            case "MeanRate" -> meter.rates().mean();
            case "OneMinuteRate" -> meter.rates().oneMinute();
            case "FiveMinuteRate" -> meter.rates().fiveMinutes();
            case "FifteenMinuteRate" -> meter.rates().fifteenMinutes();
            default -> null;
        };
    }

    private static @Nullable Object distribution(
            Histogram histogram, double unit, String attribute) {
        if (!HISTOGRAM.contains(attribute)) {
            return null;
        }
        if (attribute.equals("Count")) {
            return histogram.count();
        }
        Histogram.Snapshot now = histogram.snapshot();
        double value = switch (attribute) {
            case "50thPercentile" -> now.p50();
            case "75thPercentile" -> now.p75();
            case "95thPercentile" -> now.p95();
            case "98thPercentile" -> now.p98();
            case "99thPercentile" -> now.p99();
            case "999thPercentile" -> now.p999();
            case "Max" -> now.max();
            case "Mean" -> now.mean();
            case "Min" -> now.min();
            default -> now.stdDev();
        };
        return value / unit;
    }

    @Override
    public AttributeList getAttributes(String[] attributes) {
        var list = new AttributeList(attributes.length);
        for (String attribute : attributes) {
            try {
                list.add(new Attribute(attribute, getAttribute(attribute)));
            } catch (AttributeNotFoundException e) {
                // by contract an attribute that is not there is left out of the answer
            }
        }
        return list;
    }

    @Override
    public void setAttribute(Attribute attribute) throws AttributeNotFoundException {
        throw new AttributeNotFoundException(metric.name().objectName() + " is read only");
    }

    @Override
    public AttributeList setAttributes(AttributeList attributes) {
        return new AttributeList();
    }

    @Override
    public Object invoke(String operation, Object[] parameters, String[] signature)
            throws MBeanException, ReflectionException {
        throw new ReflectionException(
                new NoSuchMethodException(operation), metric.name().objectName() + " has no operations");
    }
}
