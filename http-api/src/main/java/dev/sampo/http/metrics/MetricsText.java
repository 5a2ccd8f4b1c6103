package dev.sampo.http.metrics;

import dev.sampo.actors.metrics.BrokerMetrics;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.jspecify.annotations.Nullable;

/**
 * A broker's measurements, and those of its JVM and process, as text. What it needs is made at the first scrape: a broker
 * that nobody scrapes pays nothing. Thread-safe.
 */
public final class MetricsText implements AutoCloseable {
    /** For those who ask for it by Accept. */
    public static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    /** For everybody else. */
    public static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    private final Families families;
    private @Nullable PrometheusMeterRegistry registry; // guarded by this, as the next
    private @Nullable JvmGcMetrics collections;

    /**
     * Makes nothing yet.
     *
     * @param kafkaNames show Kafka's names too, as the common rules of the JMX exporter make them
     * @param partitions show what is measured for each partition
     */
    public MetricsText(BrokerMetrics metrics, boolean kafkaNames, boolean partitions) {
        families = new Families(metrics, kafkaNames, partitions);
    }

    /** Which of the two forms a content type, or an Accept header, asks for. */
    public static String contentType(String accept) {
        return accept.contains("application/openmetrics-text") ? OPEN_METRICS : PROMETHEUS;
    }

    /** Everything now, in one of the two forms. Takes milliseconds. */
    public String scrape(String contentType) {
        return registry().scrape(contentType);
    }

    private synchronized PrometheusMeterRegistry registry() {
        PrometheusMeterRegistry made = registry;
        if (made == null) {
            made = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            var gc = new JvmGcMetrics();
            gc.bindTo(made);
            collections = gc;
            new JvmMemoryMetrics().bindTo(made);
            new JvmThreadMetrics().bindTo(made);
            new ClassLoaderMetrics().bindTo(made);
            new ProcessorMetrics().bindTo(made);
            new FileDescriptorMetrics().bindTo(made);
            new UptimeMetrics().bindTo(made);
            made.getPrometheusRegistry().register(families);
            registry = made;
        }
        return made;
    }

    /** Lets go of the JVM's notifications. */
    @Override
    public synchronized void close() {
        if (collections != null) {
            collections.close();
            collections = null;
        }
        if (registry != null) {
            registry.close();
            registry = null;
        }
    }
}
