package dev.sampo.tests.oracle.group;

import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.internals.LogContext;
import org.apache.kafka.coordinator.common.runtime.CoordinatorExecutor;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.common.runtime.CoordinatorResult;
import org.apache.kafka.coordinator.common.runtime.CoordinatorTimer;
import org.apache.kafka.coordinator.group.Group;
import org.apache.kafka.coordinator.group.GroupConfigManager;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.GroupCoordinatorShard;
import org.apache.kafka.coordinator.group.GroupMetadataManager;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorMetrics;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.apache.kafka.timeline.SnapshotRegistry;
import org.jspecify.annotations.Nullable;

/**
 * Apache's {@link GroupCoordinatorShard} without its runtime, for the requests of one group: time, timers, other threads and
 * log are here; each operation runs at once, and what it appends is committed at once.
 */
final class KafkaShard {
    private static final GroupCoordinatorRecordSerde SERDE = new GroupCoordinatorRecordSerde();
    private static final String SIZE_METRIC_TIMER = "group-size-counter";

    private record Due(long atMs, long order, CoordinatorTimer.TimeoutOperation<CoordinatorRecord> operation) {}

    private final class Clock implements Time {
        @Override
        public long milliseconds() {
            return nowMs;
        }

        @Override
        public long nanoseconds() {
            return TimeUnit.MILLISECONDS.toNanos(nowMs);
        }

        @Override
        public void sleep(long ms) {
            throw new UnsupportedOperationException("nothing sleeps");
        }
    }

    private final class Timers implements CoordinatorTimer<CoordinatorRecord> {
        @Override
        public void schedule(String key, long delay, TimeUnit unit, boolean retry, TimeoutOperation<CoordinatorRecord> operation) {
            if (key.equals(SIZE_METRIC_TIMER)) {
                return; // of no interest, and due each minute
            }
            due.put(key, new Due(nowMs + unit.toMillis(delay), timerOrder++, operation));
            for (String prefix : List.of("heartbeat-" + groupId + "-", "session-timeout-" + groupId + "-")) {
                if (key.startsWith(prefix)) {
                    watched.add(key.substring(prefix.length()));
                }
            }
        }

        @Override
        public void schedule(
                String key, long delay, TimeUnit unit, boolean retry, long retryBackoff, TimeoutOperation<CoordinatorRecord> operation) {
            schedule(key, delay, unit, retry, operation);
        }

        @Override
        public void scheduleIfAbsent(String key, long delay, TimeUnit unit, boolean retry, TimeoutOperation<CoordinatorRecord> operation) {
            if (!due.containsKey(key)) {
                schedule(key, delay, unit, retry, operation);
            }
        }

        @Override
        public void cancel(String key) {
            due.remove(key);
        }

        @Override
        public boolean isScheduled(String key) {
            return due.containsKey(key);
        }
    }

    private record Task<R>(
            CoordinatorExecutor.TaskRunnable<R> work, CoordinatorExecutor.TaskOperation<CoordinatorRecord, R> operation) {}

    /** What Kafka does on other threads (regular expressions) is done right after the request that asked for it. */
    private final class Tasks implements CoordinatorExecutor<CoordinatorRecord> {
        @Override
        public <R> boolean schedule(String key, TaskRunnable<R> work, TaskOperation<CoordinatorRecord, R> operation) {
            return tasks.putIfAbsent(key, new Task<>(work, operation)) == null;
        }

        @Override
        public boolean isScheduled(String key) {
            return tasks.containsKey(key);
        }

        @Override
        public void cancel(String key) {
            tasks.remove(key);
        }
    }

    /** The metrics register themselves with the virtual machine, so all groups share them. */
    private static final GroupCoordinatorMetrics METRICS = new GroupCoordinatorMetrics();

    private static final Field GROUPS = field(GroupCoordinatorShard.class, "groupMetadataManager");

    static Field field(Class<?> owner, String name) {
        try {
            Field field = owner.getDeclaredField(name);
            field.setAccessible(true);
            return field;
        } catch (NoSuchFieldException e) {
            throw new AssertionError("Kafka's classes have changed", e);
        }
    }

    private final String groupId;
    private final GroupCoordinatorConfig config;
    private final Map<String, Due> due = new HashMap<>();
    private final Map<ApiMessage, CoordinatorRecord> log = new LinkedHashMap<>(); // compacted
    private final List<CoordinatorRecord> written = new ArrayList<>();
    private final Map<String, Task<?>> tasks = new LinkedHashMap<>();
    private final Set<String> watched = new HashSet<>();
    private final Set<String> late = new HashSet<>();
    private SnapshotRegistry registry;
    private GroupCoordinatorShard shard;
    private KafkaTopics topics = KafkaTopics.NONE;
    private Group.@Nullable GroupType lastType;
    private boolean timersLeftRunning;
    private long timerOrder;
    private long nextOffset;
    private long nowMs;

    KafkaShard(String groupId, GroupCoordinatorConfig config, long nowMs) {
        this.groupId = groupId;
        this.config = config;
        this.nowMs = nowMs;
        this.shard = load();
    }

    private GroupCoordinatorShard load() {
        due.clear();
        lastType = null;
        tasks.clear();
        registry = new SnapshotRegistry(new LogContext());
        var builder = new GroupCoordinatorShard.Builder(
                config, new GroupConfigManager(config, ShareGroupConfig.fromProps(Map.of())));
        builder.withAuthorizerPlugin(Optional.empty());
        GroupCoordinatorShard loaded = builder
                .withLogContext(new LogContext())
                .withTime(new Clock())
                .withTimer(new Timers())
                .withExecutor(new Tasks())
                .withCoordinatorMetrics(METRICS)
                .withTopicPartition(new TopicPartition("__consumer_offsets", 0))
                .withSnapshotRegistry(registry)
                .build();
        for (CoordinatorRecord record : log.values()) {
            loaded.replay(nextOffset++, RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH, record);
        }
        loaded.onLoaded(topics);
        return loaded;
    }

    /**
     * Another broker loads the log, requests that wait are lost. It loads the compacted log: of one that is not, Kafka
     * takes offsets that were removed for a group.
     */
    void failOver() {
        topics = topics.loaded();
        shard = load();
    }

    /** For what changes nothing. */
    GroupCoordinatorShard reads() {
        return shard;
    }

    /** The group itself, null when there is none. */
    @Nullable Group group() {
        try {
            return ((GroupMetadataManager) GROUPS.get(shard)).maybeGroup(groupId, SnapshotRegistry.LATEST_EPOCH);
        } catch (IllegalAccessException e) {
            throw new AssertionError("made accessible", e);
        }
    }

    /** The cluster's topics are these now. */
    void topics(KafkaTopics now) {
        KafkaTopics before = topics;
        KafkaTopics.Delta delta = now.since(before);
        topics = now;
        shard.onMetadataUpdate(delta, now);
        if (!delta.deletedTopicIds().isEmpty()) {
            write(to -> to.onTopicsDeleted(before.byName().values().stream()
                    .filter(topic -> delta.deletedTopicIds().contains(topic.id()))
                    .map(topic -> new GroupCoordinatorShard.DeletedTopic(topic.id(), topic.name()))
                    .toList()));
        }
    }

    // ---- what happened since the last look

    /** Records as they are in the log: what its version of the schema leaves out is gone. */
    List<CoordinatorRecord> takeWritten() {
        List<CoordinatorRecord> taken = List.copyOf(written);
        written.clear();
        return taken;
    }

    /** Kinds of timers that changed something since the last look. */
    Set<String> takeLate() {
        Set<String> taken = Set.copyOf(late);
        late.clear();
        return taken;
    }

    /** Members whose sessions were set since the last look: a new one is among them. */
    Set<String> takeWatched() {
        Set<String> taken = Set.copyOf(watched);
        watched.clear();
        return taken;
    }

    // ---- time

    /** When the next timer is due. */
    long nextMs() {
        return due.values().stream().mapToLong(Due::atMs).min().orElse(Long.MAX_VALUE);
    }

    /** True when a member's timer of this kind is due by then. */
    boolean isDue(String prefix, String memberId, long ms) {
        Due timer = due.get(prefix + groupId + "-" + memberId);
        return timer != null && timer.atMs() <= ms;
    }

    /** It is this late: what is due runs, in the order in which it became due. */
    void at(long ms) {
        nowMs = ms;
        while (true) {
            var first = due.entrySet().stream()
                    .filter(entry -> entry.getValue().atMs() <= ms)
                    .min(Comparator.comparing((Map.Entry<String, Due> entry) -> entry.getValue().atMs())
                            .thenComparing(entry -> entry.getValue().order()));
            if (first.isEmpty()) {
                return;
            }
            Due task = first.get().getValue();
            String key = first.get().getKey();
            due.remove(key);
            int before = written.size();
            write(to -> task.operation().generateRecords());
            if (written.size() > before) {
                late.add(key.replaceFirst("-" + groupId + ".*", ""));
            }
        }
    }

    /** Runs an operation and then the tasks that it started. One that fails leaves nothing behind. */
    <T> T write(Function<GroupCoordinatorShard, CoordinatorResult<T, CoordinatorRecord>> operation) {
        T response = writeOne(() -> operation.apply(shard));
        while (!tasks.isEmpty()) {
            String key = tasks.keySet().iterator().next();
            complete(Objects.requireNonNull(tasks.remove(key)));
        }
        return response;
    }

    private <R> void complete(Task<R> task) {
        R result;
        try {
            result = task.work().run();
        } catch (Throwable failed) {
            throw new AssertionError("a task of Kafka's failed", failed);
        }
        writeOne(() -> task.operation().onComplete(result, null));
    }

    private <T> T writeOne(Supplier<CoordinatorResult<T, CoordinatorRecord>> operation) {
        long begin = nextOffset;
        registry.idempotentCreateSnapshot(begin);
        CoordinatorResult<T, CoordinatorRecord> result;
        try {
            result = operation.get();
            for (CoordinatorRecord record : result.records()) {
                if (result.replayRecords()) {
                    shard.replay(nextOffset, RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH, record);
                }
                nextOffset++;
            }
        } catch (RuntimeException refused) {
            nextOffset = begin;
            registry.revertToSnapshot(begin);
            throw refused;
        }
        registry.deleteSnapshotsUpTo(nextOffset + 1);
        result.records().forEach(this::store);
        endTimersOfTheOtherType();
        if (result.appendFuture() != null) {
            result.appendFuture().complete(null);
        }
        return result.response();
    }

    /** Kafka leaves them running when a group changes its type (listed: timers-left-running). */
    private void endTimersOfTheOtherType() {
        Group now = group();
        if (now == null || now.type() == lastType) {
            return;
        }
        boolean consumers = now.type() == Group.GroupType.CONSUMER;
        if (lastType != null && due.keySet().removeIf(key -> consumers ? ofClassic(key) : ofConsumers(key))) {
            timersLeftRunning = true;
        }
        lastType = now.type();
    }

    private boolean ofClassic(String key) {
        return key.startsWith("heartbeat-" + groupId + "-") || key.equals("join-" + groupId) || key.equals("sync-" + groupId);
    }

    private boolean ofConsumers(String key) {
        return Stream.of("session-timeout-", "rebalance-timeout-", "join-", "sync-")
                .anyMatch(prefix -> key.startsWith(prefix + groupId + "-"));
    }

    /** What is stored of a classic group names this leader. */
    void storedLeader(String memberId) {
        for (CoordinatorRecord record : log.values()) {
            if (record.value().message() instanceof GroupMetadataValue group) {
                group.setLeader(memberId);
            }
        }
    }

    /** True when Kafka has left timers running since the last look. */
    boolean takeTimersLeftRunning() {
        boolean taken = timersLeftRunning;
        timersLeftRunning = false;
        return taken;
    }

    private void store(CoordinatorRecord record) {
        log.remove(record.key());
        if (record.value() != null) {
            log.put(record.key(), record);
        }
        written.add(SERDE.deserialize(
                ByteBuffer.wrap(SERDE.serializeKey(record)), record.value() == null ? null : ByteBuffer.wrap(SERDE.serializeValue(record))));
    }
}
