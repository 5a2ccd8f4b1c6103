package dev.sampo.cluster;

import com.typesafe.config.Config;
import dev.sampo.actors.metrics.BrokerMetrics;
import dev.sampo.actors.metrics.JmxBeans;
import dev.sampo.actors.metrics.MetricName;
import java.time.Duration;
import java.util.function.Predicate;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.jspecify.annotations.Nullable;

/** The JMX beans of a broker, as its settings want them. */
final class BrokerBeans {
    /** Changes come in bursts (a start, a topic with many partitions): one walk for all of them. */
    private static final Duration TOGETHER = Duration.ofMillis(300);

    private BrokerBeans() {}

    /** Null when the settings want none. */
    static @Nullable JmxBeans start(ActorSystem<?> system) {
        Config config = system.settings().config().getConfig("sampo.metrics");
        if (!config.getBoolean("jmx")) {
            return null;
        }
        boolean partitions = config.getBoolean("jmx-partitions");
        // The lag of groups is made anew for each scrape, which a bean is not.
        Predicate<MetricName> shown = name ->
                !name.type().equals("consumergroup") && (partitions || name.tag("partition").isEmpty());
        var blocking = system.dispatchers().lookup(DispatcherSelector.fromConfig("sampo.blocking.dispatcher"));
        return new JmxBeans(
                BrokerMetrics.get(system), shown,
                task -> system.scheduler().scheduleOnce(TOGETHER, task, blocking));
    }
}
