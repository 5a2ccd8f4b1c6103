package dev.sampo.group.lag;

import dev.sampo.actors.metrics.BrokerMetrics;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.actors.serialization.SampoMessage;
import dev.sampo.partition.controller.MetadataImages;
import dev.sampo.partition.placement.BrokerNodes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.ActorSelection;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.pattern.Patterns;
import org.jspecify.annotations.Nullable;

/** This broker's way to the lag of groups. Thread-safe. */
public final class GroupLag {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration OTHERS_TIMEOUT = Duration.ofSeconds(3);

    /** {@code report} is null with an error. */
    public record Shown(KafkaError error, @Nullable GroupReport report) implements SampoMessage {}

    /** {@code points} is null with an error; in order of time. */
    public record History(KafkaError error, @Nullable List<LagPoint> points) {}

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
     * What is kept of a group, by the broker that coordinates it and by those that did: records of all partitions, or of
     * those that are named, together; the largest age of them; of the samples within {@code everyMs} the largest. At most
     * 10,000 points fit an answer. A broker that does not answer in time is left out.
     *
     * @param topic null for all
     * @param partition -1 for all
     * @param toMs exclusive
     */
    public CompletionStage<History> history(
            String groupId, @Nullable String topic, int partition, long fromMs, long toMs, long everyMs) {
        return rebalances(groupId).thenCompose(found -> {
            if (found.error() != KafkaError.NONE) {
                return CompletableFuture.completedFuture(new History(found.error(), null));
            }
            CompletionStage<Map<Long, LagPoint>> all = this.<Lag.Kept>ask(replyTo -> new Lag.ShowHistory(
                            groupId, topic, partition, fromMs, toMs, everyMs, replyTo))
                    .thenApply(kept -> merged(new TreeMap<>(), kept.points()));
            for (ActorSelection other : BrokerNodes.others(system, LagActor.NAME)) {
                CompletionStage<List<LagPoint>> points = Patterns.askWithReplyTo(
                                other,
                                replyTo -> new Lag.ShowHistory(
                                        groupId, topic, partition, fromMs, toMs, everyMs, Adapter.toTyped(replyTo)),
                                OTHERS_TIMEOUT)
                        .handle((kept, failure) -> failure == null ? ((Lag.Kept) kept).points() : List.of());
                all = all.thenCombine(points, GroupLag::merged);
            }
            return all.thenApply(points -> new History(KafkaError.NONE, List.copyOf(points.values())));
        });
    }

    /** Two brokers sampled in one span when the coordinator moved in it. */
    private static Map<Long, LagPoint> merged(Map<Long, LagPoint> all, List<LagPoint> more) {
        more.forEach(point -> all.merge(point.timeMs(), point, (one, other) -> new LagPoint(
                one.timeMs(), Math.max(one.lagRecords(), other.lagRecords()), Math.max(one.lagMs(), other.lagMs()))));
        return all;
    }

    /** The last rebalances of a group since its coordinator is where it is. */
    public CompletionStage<Rebalances> rebalances(String groupId) {
        return ask(replyTo -> new Lag.ShowRebalances(groupId, false, replyTo));
    }

    private <R> CompletionStage<R> ask(Function<ActorRef<R>, Lag.Command> query) {
        return AskPattern.ask(actor, query::apply, TIMEOUT, system.scheduler());
    }
}
