package dev.sampo.group.lag;

import dev.sampo.actors.metrics.BrokerMetrics;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.actors.serialization.SampoMessage;
import dev.sampo.partition.controller.MetadataImages;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.jspecify.annotations.Nullable;

/** This broker's way to the lag of groups. Thread-safe. */
public final class GroupLag {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /** {@code report} is null with an error. */
    public record Shown(KafkaError error, @Nullable GroupReport report) implements SampoMessage {}

    /** {@code points} is null with an error; in order of time. */
    public record History(KafkaError error, @Nullable List<LagPoint> points) implements SampoMessage {}

    /** {@code rebalances} is null with an error; oldest first. */
    public record Rebalances(KafkaError error, @Nullable List<Rebalance> rebalances) implements SampoMessage {}

    private final ActorSystem<?> system;
    private final LagSettings settings;
    private final LongSupplier wallMs;
    private final ActorRef<Lag.Command> actor;
    private volatile List<GroupReport> latest = List.of();

    private GroupLag(
            ActorSystem<?> system, WatchedGroups groups, LagSettings settings, PartitionRegistry registry,
            MetadataImages images, LongSupplier wallMs) {
        this.system = system;
        this.settings = settings;
        this.wallMs = wallMs;
        this.actor = system.systemActorOf(
                LagActor.create(new LagActor.Parts(
                        settings, groups, registry, images, wallMs, reports -> latest = reports)),
                LagActor.NAME, Props.empty());
    }

    /** Samples from now on until the system ends; once for each system. {@code wallMs}: see {@link LagActor.Parts}. */
    public static GroupLag start(
            ActorSystem<?> system, WatchedGroups groups, LagSettings settings, PartitionRegistry registry,
            MetadataImages images, LongSupplier wallMs) {
        var lag = new GroupLag(system, groups, settings, registry, images, wallMs);
        BrokerMetrics.get(system).add(new LagMetrics(lag::latest, groups));
        return lag;
    }

    /** A group of this broker began. */
    public void groupBegan() {
        actor.tell(new LagActor.GroupBegan());
    }

    /** The clock of samples. */
    public long nowMs() {
        return wallMs.getAsLong();
    }

    /** Time between two samples. */
    public long intervalMs() {
        return settings.intervalMs();
    }

    /** The groups that this broker coordinates at the last sample, by name. */
    public List<GroupReport> latest() {
        return latest;
    }

    /** A group as it is now. As the others: whichever broker coordinates it; fails when that one does not answer. */
    public CompletionStage<Shown> show(String groupId) {
        return ask(replyTo -> new Lag.Show(groupId, false, replyTo));
    }

    /**
     * What is kept of a group: records of all partitions, or of those that are named, together; the largest age of them; of
     * the samples within {@code everyMs} the largest. At most 10,000 points fit an answer.
     *
     * @param topic null for all
     * @param partition -1 for all
     * @param toMs exclusive
     */
    public CompletionStage<History> history(
            String groupId, @Nullable String topic, int partition, long fromMs, long toMs, long everyMs) {
        return ask(replyTo -> new Lag.ShowHistory(groupId, false, topic, partition, fromMs, toMs, everyMs, replyTo));
    }

    /** The last rebalances of a group since its coordinator is where it is. */
    public CompletionStage<Rebalances> rebalances(String groupId) {
        return ask(replyTo -> new Lag.ShowRebalances(groupId, false, replyTo));
    }

    private <R> CompletionStage<R> ask(Function<ActorRef<R>, Lag.Command> query) {
        return AskPattern.ask(actor, query::apply, TIMEOUT, system.scheduler());
    }
}
