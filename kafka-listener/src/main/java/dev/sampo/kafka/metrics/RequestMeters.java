package dev.sampo.kafka.metrics;

import dev.sampo.actors.metrics.Histogram;
import dev.sampo.actors.metrics.Meter;
import dev.sampo.actors.metrics.Metric;
import dev.sampo.actors.metrics.MetricName;
import dev.sampo.kafka.codec.ResponseErrors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * The counts and times of one API key's requests. The phases of a request follow each other without a gap:
 *
 * <ol>
 *   <li>request queue: from its bytes to its handler (earlier requests of the connection, or full buffers)
 *   <li>local: the handler's call, on the loop of the connection
 *   <li>remote: from there to the answer (partitions, coordinators, the disk, a long poll)
 *   <li>response queue: until earlier requests of the connection were answered
 *   <li>response send: until the socket took the last byte
 * </ol>
 *
 * <p>Thread-safe; a key that nobody uses costs its names only.
 */
public final class RequestMeters implements ResponseErrors.Sink {
    private static final String DOMAIN = "kafka.network";
    private static final String TYPE = "RequestMetrics";
    private static final double MICROS_PER_MS = 1_000;
    private static final int FIRST_ERROR = -1;
    private static final int ERRORS = 256; // codes from -1 on; Kafka's highest is half of it

    /** One count under several names: Kafka counts a consumer's fetch as Fetch and as FetchConsumer. */
    private static final class Count {
        final LongAdder adder = new LongAdder();
        final List<Metric.Rate> rates = new ArrayList<>(1);

        Count(List<MetricName> names, String eventType, LongSupplier nanoTime) {
            names.forEach(name -> rates.add(new Metric.Rate(name, new Meter(adder::sum, nanoTime), eventType)));
        }
    }

    private final ApiKeys apiKey;
    private final List<String> requestNames;
    private final LongSupplier nanoTime;
    private final Runnable onChange;
    private final AtomicReferenceArray<Count> versions;
    private final AtomicReferenceArray<Count> errors = new AtomicReferenceArray<>(ERRORS);
    private final Map<String, Histogram> times = new LinkedHashMap<>(); // by the name of the bean
    private final Histogram requestQueueMicros;
    private final Histogram localMicros;
    private final Histogram remoteMicros;
    private final Histogram responseQueueMicros;
    private final Histogram responseSendMicros;
    private final Histogram totalMicros;
    private final Histogram sizes;
    private final LongAdder started = new LongAdder();
    private final LongAdder ended = new LongAdder();

    /** {@code onChange} is told when another version or error was seen for the first time. */
    RequestMeters(ApiKeys apiKey, LongSupplier nanoTime, Runnable onChange) {
        this.apiKey = apiKey;
        this.nanoTime = nanoTime;
        this.onChange = onChange;
        requestNames = apiKey == ApiKeys.FETCH ? List.of("Fetch", "FetchConsumer") : List.of(apiKey.name);
        versions = new AtomicReferenceArray<>(apiKey.latestVersion(true) + 1);
        requestQueueMicros = time("RequestQueueTimeMs");
        localMicros = time("LocalTimeMs");
        remoteMicros = time("RemoteTimeMs");
        responseQueueMicros = time("ResponseQueueTimeMs");
        responseSendMicros = time("ResponseSendTimeMs");
        totalMicros = time("TotalTimeMs");
        sizes = new Histogram(nanoTime);
    }

    private Histogram time(String name) {
        var histogram = new Histogram(nanoTime);
        times.put(name, histogram);
        return histogram;
    }

    /** A request came; its version is a served one. */
    public void received(short version, int sizeBytes) {
        count(versions, version, "requests", index -> names("RequestsPerSec", "version", Integer.toString(index)))
                .adder.increment();
        sizes.record(sizeBytes);
    }

    /** An answer says this, once for each code in it; 0 is Kafka's NONE. */
    @Override
    public void error(short code) {
        int index = code - FIRST_ERROR;
        count(
                        errors, index < 0 || index >= ERRORS ? 0 : index, "requests",
                        at -> List.of(MetricName.of(
                                DOMAIN, TYPE, "ErrorsPerSec", "request", apiKey.name, "error",
                                Errors.forCode((short) (at + FIRST_ERROR)).name())))
                .adder.increment();
    }

    /** A handler's call ended without the answer: the request waits. */
    public void waits() {
        started.increment();
    }

    /** A request that waited waits no more. */
    public void waited() {
        ended.increment();
    }

    /** Requests that wait for something else than the handler's own work. */
    public long waiting() {
        return Math.max(0, started.sum() - ended.sum());
    }

    /** A request has ended; the stations in the order of phases, nanoseconds of the monotonic clock. */
    public void ended(long received, long begun, long returned, long answered, long queued, long sent) {
        requestQueueMicros.record((begun - received) / 1_000);
        localMicros.record((returned - begun) / 1_000);
        remoteMicros.record((answered - returned) / 1_000);
        responseQueueMicros.record((queued - answered) / 1_000);
        responseSendMicros.record((sent - queued) / 1_000);
        totalMicros.record((sent - received) / 1_000);
    }

    private Count count(
            AtomicReferenceArray<Count> counts, int index, String eventType, IntFunction<List<MetricName>> names) {
        Count found = counts.get(index);
        if (found == null) {
            counts.compareAndSet(index, null, new Count(names.apply(index), eventType, nanoTime));
            found = counts.get(index);
            onChange.run();
        }
        return found;
    }

    private List<MetricName> names(String name, String key, String value) {
        return requestNames.stream()
                .map(request -> MetricName.of(DOMAIN, TYPE, name, "request", request, key, value))
                .toList();
    }

    void collect(Consumer<Metric> sink) {
        for (String request : requestNames) {
            times.forEach((name, micros) -> sink.accept(new Metric.Distribution(
                    MetricName.of(DOMAIN, TYPE, name, "request", request), micros, MICROS_PER_MS)));
            sink.accept(new Metric.Distribution(
                    MetricName.of(DOMAIN, TYPE, "RequestBytes", "request", request), sizes, 1));
        }
        collect(versions, sink);
        collect(errors, sink);
        if (apiKey == ApiKeys.PRODUCE || apiKey == ApiKeys.FETCH) {
            sink.accept(new Metric.Gauge(
                    MetricName.of(
                            "kafka.server", "DelayedOperationPurgatory", "PurgatorySize", "delayedOperation",
                            apiKey.name),
                    this::waiting));
        }
    }

    private static void collect(AtomicReferenceArray<Count> counts, Consumer<Metric> sink) {
        for (int i = 0; i < counts.length(); i++) {
            Count count = counts.get(i);
            if (count != null) {
                count.rates.forEach(sink);
            }
        }
    }
}
