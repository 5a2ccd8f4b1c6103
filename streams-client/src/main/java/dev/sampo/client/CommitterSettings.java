package dev.sampo.client;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.config.ConfigException;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import scala.concurrent.duration.FiniteDuration;

/** How {@code Committer} stages batch their commits. Immutable; read from {@code sampo.client.committer}. */
public final class CommitterSettings {
    /** Section of the configuration that {@link #create(ActorSystem)} reads. */
    public static final String CONFIG_PATH = "sampo.client.committer";

    private final long maxBatch;
    private final Duration maxInterval;
    private final int parallelism;
    private final CommitDelivery delivery;
    private final CommitWhen when;

    private CommitterSettings(
            long maxBatch, Duration maxInterval, int parallelism, CommitDelivery delivery, CommitWhen when) {
        this.maxBatch = positive("max-batch", maxBatch);
        this.maxInterval = maxInterval;
        positive("max-interval", maxInterval.toMillis());
        this.parallelism = (int) positive("parallelism", parallelism);
        this.delivery = delivery;
        this.when = when;
    }

    private static long positive(String name, long value) {
        if (value <= 0) {
            throw new ConfigException(CONFIG_PATH + "." + name, value, "give a value above 0");
        }
        return value;
    }

    /** Path of the section in the configuration. */
    public static String configPath() {
        return CONFIG_PATH;
    }

    /** From a section with the layout of {@code sampo.client.committer}. */
    public static CommitterSettings create(Config config) {
        return new CommitterSettings(
                config.getLong("max-batch"),
                config.getDuration("max-interval"),
                config.getInt("parallelism"),
                CommitDelivery.valueOf(config.getString("delivery")),
                CommitWhen.valueOf(config.getString("when")));
    }

    /** From the system's configuration. */
    public static CommitterSettings create(ActorSystem system) {
        return create(system.settings().config().getConfig(CONFIG_PATH));
    }

    /** From the system's configuration. */
    public static CommitterSettings create(ClassicActorSystemProvider system) {
        return create(system.classicSystem());
    }

    /** {@link #create(Config)} for Scala. */
    public static CommitterSettings apply(Config config) {
        return create(config);
    }

    /** {@link #create(ActorSystem)} for Scala. */
    public static CommitterSettings apply(ActorSystem system) {
        return create(system);
    }

    /** {@link #create(ClassicActorSystemProvider)} for Scala. */
    public static CommitterSettings apply(ClassicActorSystemProvider system) {
        return create(system);
    }

    /** Most offsets in one batch. */
    public long maxBatch() {
        return maxBatch;
    }

    /** Longest time an offset waits for its batch. */
    public FiniteDuration maxInterval() {
        return FiniteDuration.apply(maxInterval.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Most batches that wait for the broker. */
    public int parallelism() {
        return parallelism;
    }

    /** Whether the stream waits for the broker. */
    public CommitDelivery delivery() {
        return delivery;
    }

    /** When an offset is queued. */
    public CommitWhen when() {
        return when;
    }

    /** The same with another {@link #maxBatch()}. */
    public CommitterSettings withMaxBatch(long value) {
        return new CommitterSettings(value, maxInterval, parallelism, delivery, when);
    }

    /** The same with another {@link #maxInterval()}. */
    public CommitterSettings withMaxInterval(Duration value) {
        return new CommitterSettings(maxBatch, value, parallelism, delivery, when);
    }

    /** The same with another {@link #maxInterval()}. */
    public CommitterSettings withMaxInterval(FiniteDuration value) {
        return withMaxInterval(Duration.ofNanos(value.toNanos()));
    }

    /** The same with another {@link #parallelism()}. */
    public CommitterSettings withParallelism(int value) {
        return new CommitterSettings(maxBatch, maxInterval, value, delivery, when);
    }

    /** The same with another {@link #delivery()}. */
    public CommitterSettings withDelivery(CommitDelivery value) {
        return new CommitterSettings(maxBatch, maxInterval, parallelism, value, when);
    }

    /** The same with another {@link #when()}. */
    public CommitterSettings withCommitWhen(CommitWhen value) {
        return new CommitterSettings(maxBatch, maxInterval, parallelism, delivery, value);
    }

    @Override
    public String toString() {
        return "CommitterSettings(maxBatch=" + maxBatch + ", maxInterval=" + maxInterval + ", parallelism="
                + parallelism + ", delivery=" + delivery + ", when=" + when + ")";
    }
}
