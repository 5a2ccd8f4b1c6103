package dev.sampo.actors.metrics;

import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import javax.management.InstanceAlreadyExistsException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the beans of a broker in step with what it measures: registered and unregistered in the background, several
 * changes in one go, only for the sources that changed. Thread-safe.
 *
 * <p>Names carry no broker: the first broker of a process has the platform's bean server, which agents and JMX clients
 * see; another one in the same process (in tests) has a bean server of its own, see {@link #server}. When the first ends,
 * the next one that starts may have the platform's.
 */
public final class JmxBeans implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(JmxBeans.class);
    private static final AtomicReference<@Nullable JmxBeans> OWNER_OF_PLATFORM = new AtomicReference<>();

    private static final class Registered {
        long version = Long.MIN_VALUE;
        final Map<ObjectName, MetricBean> beans = new HashMap<>();
    }

    private final BrokerMetrics metrics;
    private final Predicate<MetricName> shown;
    private final Executor background;
    private final MBeanServer server;
    private final Runnable unsubscribe;
    private final IdentityHashMap<MetricSource, Registered> registered = new IdentityHashMap<>(); // guarded by this
    private final AtomicBoolean due = new AtomicBoolean();
    private boolean closed;

    /**
     * Registers what is measured now, and from now on, in the background.
     *
     * @param shown which metrics become beans
     * @param background runs what may take milliseconds; it may delay it, so that changes come together
     */
    public JmxBeans(BrokerMetrics metrics, Predicate<MetricName> shown, Executor background) {
        this.metrics = metrics;
        this.shown = shown;
        this.background = background;
        server = OWNER_OF_PLATFORM.compareAndSet(null, this)
                ? ManagementFactory.getPlatformMBeanServer()
                : MBeanServerFactory.newMBeanServer("kafka");
        unsubscribe = metrics.onChange(this::refreshSoon);
        refreshSoon();
    }

    /** Where the beans are. */
    public MBeanServer server() {
        return server;
    }

    private void refreshSoon() {
        if (due.compareAndSet(false, true)) {
            background.execute(this::refresh);
        }
    }

    private synchronized void refresh() {
        due.set(false); // first: a change from here on asks for another one
        if (closed) {
            return;
        }
        List<MetricSource> sources = metrics.sources();
        sources.forEach(source -> refresh(source, registered.computeIfAbsent(source, added -> new Registered())));
    }

    private void refresh(MetricSource source, Registered known) {
        long version = source.version();
        if (version == known.version) {
            return;
        }
        known.version = version;
        Map<ObjectName, Metric> wanted = new HashMap<>();
        source.collect(metric -> {
            if (shown.test(metric.name())) {
                wanted.put(objectName(metric), metric);
            }
        });
        known.beans.keySet().removeIf(name -> {
            boolean gone = !wanted.containsKey(name);
            if (gone) {
                unregister(name);
            }
            return gone;
        });
        wanted.forEach((name, metric) -> {
            MetricBean bean = known.beans.get(name);
            if (bean == null) {
                bean = new MetricBean(metric);
                known.beans.put(name, bean);
                register(name, bean);
            } else {
                bean.metric(metric);
            }
        });
    }

    private static ObjectName objectName(Metric metric) {
        try {
            return new ObjectName(metric.name().objectName());
        } catch (JMException e) {
            throw new IllegalStateException("not the name of a bean: " + metric.name().objectName(), e);
        }
    }

    private void register(ObjectName name, MetricBean bean) {
        try {
            server.registerMBean(bean, name);
        } catch (InstanceAlreadyExistsException e) {
            log.atWarn().addKeyValue("bean", name).log("is registered already by another part of this process");
        } catch (JMException e) {
            throw new IllegalStateException("cannot register " + name, e);
        }
    }

    private void unregister(ObjectName name) {
        try {
            server.unregisterMBean(name);
        } catch (InstanceNotFoundException e) {
            log.atDebug().addKeyValue("bean", name).log("was unregistered by somebody else");
        } catch (JMException e) {
            throw new IllegalStateException("cannot unregister " + name, e);
        }
    }

    /** Unregisters everything. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            unsubscribe.run();
            registered.values().forEach(known -> known.beans.keySet().forEach(this::unregister));
            registered.clear();
            OWNER_OF_PLATFORM.compareAndSet(this, null);
        }
    }
}
