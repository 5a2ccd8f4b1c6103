package dev.sampo.client.internal.consumer;

import dev.sampo.client.AutoSubscription;
import dev.sampo.client.ConsumerFailed;
import dev.sampo.client.ConsumerSettings;
import dev.sampo.client.PartitionRevokedException;
import dev.sampo.client.RestrictedConsumer;
import dev.sampo.client.Subscription;
import dev.sampo.client.Subscriptions;
import dev.sampo.client.internal.ClientSettings;
import dev.sampo.client.internal.ClusterImage;
import dev.sampo.client.internal.KafkaClient;
import dev.sampo.client.internal.consumer.OffsetBatch.RecordOffset;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigException;
import org.apache.pekko.Done;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.DeadLetterSuppression;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Props;
import org.apache.pekko.dispatch.Dispatchers;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One consumer: carries messages between a stage, its streams' offsets and the brokers. Membership, fetch planning,
 * commits and positions are decided elsewhere; all of them run on this actor's thread.
 */
final class ConsumerActor extends AbstractActor implements Home {
    private static final Logger log = LoggerFactory.getLogger(ConsumerActor.class);
    private static final Duration TICK = Duration.ofMillis(100);
    private static final long METADATA_RETRY_MS = 500;

    /** Where the chunks of one partition go. */
    interface ChunkListener {
        void onChunk(Chunk chunk);
    }

    /** Something to do on this actor's thread. Late ones find it gone, as is usual; who waits for an answer is told. */
    record Run(Consumer<ConsumerActor> action) implements DeadLetterSuppression {}

    private enum Tick implements DeadLetterSuppression {
        NOW
    }

    private enum Terminate {
        NOW
    }

    private final ConsumerSettings<?, ?> settings;
    private final Subscription subscription;
    private final ConsumerOwner owner;
    private final @Nullable ManualOffsets manualOffsets;
    private final @Nullable Span span;
    private final CompletableFuture<Done> stopped;
    private final CompletableFuture<ConsumerHandle> handle;
    private final Cancellable ticks;
    private final Map<TopicPartition, ChunkListener> listeners = new HashMap<>();
    private final Map<TopicPartition, Long> committed = new HashMap<>();
    private @Nullable Parts parts;
    private @Nullable Map<TopicPartition, Long> stopAt;
    private long stopDeadlineMs;
    private boolean wantAll;
    private boolean ending;
    private boolean fetchingStopped;
    private boolean refreshing;
    private boolean markPassed;
    private long refreshedMs;
    private Set<String> subscribed = Set.of();

    /** What exists once settings are known. */
    private record Parts(
            KafkaClient client,
            ConsumerProperties properties,
            OffsetApi offsets,
            FetchPlanner planner,
            Fetching fetching,
            Committing committing,
            Positions positions,
            @Nullable Grouping grouping,
            @Nullable SpanReading spanReading) {}

    private ConsumerActor(
            ConsumerSettings<?, ?> settings,
            Subscription subscription,
            ConsumerOwner owner,
            @Nullable ManualOffsets manualOffsets,
            @Nullable Span span,
            CompletableFuture<Done> stopped,
            CompletableFuture<ConsumerHandle> handle) {
        this.settings = settings;
        this.subscription = subscription;
        this.owner = owner;
        this.manualOffsets = manualOffsets;
        this.span = span;
        this.stopped = stopped;
        this.handle = handle;
        this.ticks = getContext().getSystem().scheduler().scheduleWithFixedDelay(
                TICK, TICK, getSelf(), Tick.NOW, getContext().dispatcher(), ActorRef.noSender());
    }

    /**
     * Starts a consumer; it works until {@link ConsumerHandle#stop}.
     *
     * @param span what is read instead of what the subscription says
     */
    static ConsumerHandle start(
            ExtendedActorSystem system,
            ConsumerSettings<?, ?> settings,
            Subscription subscription,
            ConsumerOwner owner,
            @Nullable ManualOffsets manualOffsets,
            @Nullable Span span) {
        var stopped = new CompletableFuture<Done>();
        var created = new CompletableFuture<ConsumerHandle>();
        ActorRef actor = system.systemActorOf(
                Props.create(ConsumerActor.class, () -> new ConsumerActor(
                        settings, subscription, owner, manualOffsets, span, stopped, created)),
                "sampo-consumer-" + UUID.randomUUID());
        var handle = new ConsumerHandle(actor, stopped);
        created.complete(handle);
        return handle;
    }

    static ConsumerFailed ended() {
        return new ConsumerFailed("the consumer has ended; materialise the source again");
    }

    @Override
    public void preStart() {
        home(handle, known -> home(settings.enriched(), this::begin, this::fail), this::fail);
    }

    @Override
    public Receive createReceive() {
        return receiveBuilder()
                .match(Run.class, this::run)
                .match(Tick.class, tick -> run(new Run(ConsumerActor::onTick)))
                .match(Terminate.class, terminate -> getContext().stop(getSelf()))
                .build();
    }

    @Override
    public void postStop() {
        ticks.cancel();
        if (parts != null) {
            parts.client().close();
        }
        stopped.complete(Done.getInstance());
    }

    private void run(Run message) {
        try {
            message.action().accept(this);
        } catch (RuntimeException e) { // an assignor or a callback of the application failed: so does its stream
            fail(e);
        }
    }

    private void begin(ConsumerSettings<?, ?> known) {
        if (ending) {
            return;
        }
        Map<String, String> properties = new HashMap<>();
        known.getProperties().forEach((key, value) -> properties.put(key, String.valueOf(value)));
        Parts begun;
        try {
            begun = parts(properties);
        } catch (KafkaException e) { // a setting is wrong; the message says which
            fail(e);
            return;
        }
        parts = begun;
        ActorRef self = getSelf();
        begun.client().whenCalled(groupId -> self.tell(new Run(actor -> actor.onCalled(groupId)), ActorRef.noSender()));
        if (subscription instanceof AutoSubscription) {
            if (subscription instanceof Subscriptions.TopicSubscriptionPattern) {
                begun.client().followAllTopics();
            } else if (subscription instanceof Subscriptions.TopicSubscription topics) {
                begun.client().follow(topics.topics());
            }
            home(
                    begun.client().retry(
                            Duration.ofNanos(settings.metadataRequestTimeout().toNanos()), begun.client()::refresh),
                    this::onMetadata,
                    this::fail);
        } else {
            beginAssigned(begun);
        }
    }

    private Parts parts(Map<String, String> map) {
        ConsumerProperties properties = ConsumerProperties.from(map);
        if (subscription instanceof AutoSubscription && properties.groupId().isEmpty()) {
            throw new ConfigException("group.id", null,
                    "a subscription to topics needs a consumer group: use withGroupId, or assign partitions");
        }
        KafkaClient client = KafkaClient.create(getContext().getSystem(), ClientSettings.from(map));
        var planner = new FetchPlanner(properties.fetchMaxWaitMs(), properties.fetchMaxBytes(),
                properties.maxPartitionFetchBytes(), settings.maxBufferSizeBytes());
        var fetching = new Fetching(this, client, properties, planner, new FetchOwner());
        var offsets = new OffsetApi(client, properties.isolationLevel());
        var positions = new Positions(this, offsets, properties, planner,
                Duration.ofNanos(settings.positionTimeout().toNanos()), () -> {
                    fetching.pump();
                    checkMark();
                });
        var restricted = new RestrictedConsumer(
                new HandlerAccess(handle.join(), Duration.ofNanos(settings.positionTimeout().toNanos())));
        Grouping grouping = null;
        if (subscription instanceof AutoSubscription auto) {
            var calls = new RebalanceCalls(this, auto,
                    getContext().getSystem().dispatchers().lookup(Dispatchers.DefaultBlockingDispatcherId()),
                    restricted, Duration.ofNanos(settings.partitionHandlerWarning().toNanos()));
            grouping = properties.groupProtocol() == ConsumerProperties.GroupProtocol.CONSUMER
                    ? new ConsumerGrouping(this, client, properties, calls, new GroupOwner(), this::wantMetadata)
                    : new ClassicGrouping(this, client, properties, calls, new GroupOwner());
        }
        var committing = new Committing(this, client, properties,
                Duration.ofNanos(settings.commitTimeout().toNanos()), new Member(grouping));
        SpanReading spanReading = span == null
                ? null
                : new SpanReading(this, client, offsets, planner, span,
                        Duration.ofNanos(settings.positionTimeout().toNanos()));
        return new Parts(client, properties, offsets, planner, fetching, committing, positions, grouping,
                spanReading);
    }

    private void beginAssigned(Parts begun) {
        Runnable ready = () -> owner.onAssigned(assignments(begun.planner().partitions()));
        if (begun.spanReading() != null) {
            begun.spanReading().begin(() -> {
                if (wantAll) {
                    wantAll();
                }
                checkMark();
            });
            return;
        }
        if (subscription instanceof Subscriptions.Assignment assignment) {
            assignment.partitions().forEach(begun.planner()::add);
            follow(begun, assignment.partitions());
            begun.positions().resolve(assignment.partitions(), ready);
        } else if (subscription instanceof Subscriptions.AssignmentWithOffset assignment) {
            follow(begun, assignment.offsets().keySet());
            assignment.offsets().forEach((partition, offset) -> {
                begun.planner().add(partition);
                begun.planner().seek(partition, offset, -1);
            });
            ready.run();
            wantMetadata();
        } else if (subscription instanceof Subscriptions.AssignmentOffsetsForTimes assignment) {
            follow(begun, assignment.timestampsToSearch().keySet());
            assignment.timestampsToSearch().keySet().forEach(begun.planner()::add);
            begun.positions().resolveByTime(assignment.timestampsToSearch(),
                    Duration.ofNanos(settings.offsetForTimesTimeout().toNanos()), ready);
        }
        if (wantAll) {
            wantAll();
        }
    }

    private void checkMark() {
        if (!markPassed && parts != null && parts.spanReading() != null && parts.spanReading().isAtMark()) {
            markPassed = true;
            owner.onMark();
        }
    }

    private static void follow(Parts begun, Set<TopicPartition> partitions) {
        begun.client().follow(partitions.stream().map(TopicPartition::topic).toList());
    }

    private Map<TopicPartition, Long> assignments(Set<TopicPartition> partitions) {
        var numbers = new HashMap<TopicPartition, Long>();
        Parts p = parts;
        if (p != null) {
            partitions.forEach(partition -> numbers.put(partition, p.planner().assignment(partition)));
        }
        return numbers;
    }

    private void onMetadata(ClusterImage cluster) {
        Parts p = parts;
        if (p == null || ending) {
            return;
        }
        refreshedMs = nowMs();
        if (p.grouping() != null) {
            Set<String> topics = wantedTopics(cluster, p.properties());
            if (!topics.equals(subscribed)) {
                subscribed = topics;
                p.grouping().subscribe(topics);
            }
            p.grouping().onMetadata(cluster);
        }
        if (p.spanReading() != null) {
            p.spanReading().onMetadata(cluster);
            if (wantAll) {
                wantAll();
            }
        }
        p.fetching().pump();
    }

    private Set<String> wantedTopics(ClusterImage cluster, ConsumerProperties properties) {
        if (subscription instanceof Subscriptions.TopicSubscription topics) {
            return topics.topics();
        }
        var matching = new TreeSet<String>();
        if (subscription instanceof Subscriptions.TopicSubscriptionPattern pattern
                && properties.groupProtocol() == ConsumerProperties.GroupProtocol.CLASSIC) { // else the coordinator matches
            Pattern regex = Pattern.compile(pattern.pattern());
            cluster.topics().values().forEach(topic -> {
                if (regex.matcher(topic.name()).matches()
                        && !(topic.internal() && properties.excludeInternalTopics())) {
                    matching.add(topic.name());
                }
            });
        }
        return matching;
    }

    private void onTick() {
        Parts p = parts;
        if (p == null) {
            return;
        }
        p.committing().onTick();
        if (ending) {
            return;
        }
        if (p.grouping() != null) {
            p.grouping().onTick();
        }
        long sinceRefreshMs = nowMs() - refreshedMs;
        boolean incomplete = p.planner().lacksLeader(p.client().cluster())
                || subscribed.stream().anyMatch(topic -> p.client().cluster().topic(topic) == null);
        if (sinceRefreshMs > p.properties().metadataMaxAgeMs() || (incomplete && sinceRefreshMs > METADATA_RETRY_MS)) {
            wantMetadata();
        }
        p.fetching().pump();
        checkStop();
    }

    private void onCalled(String groupId) {
        Parts p = parts;
        if (p != null && p.grouping() != null && !ending
                && (groupId.isEmpty() || p.properties().groupId().filter(groupId::equals).isPresent())) {
            p.grouping().onCalled();
        }
    }

    private void wantMetadata() {
        Parts p = parts;
        if (p == null || refreshing || ending) {
            return;
        }
        refreshing = true;
        long pauseMs = Math.max(0, refreshedMs + p.properties().retryBackoffMs() - nowMs());
        later(Duration.ofMillis(pauseMs), () -> home(
                p.client().refresh(),
                cluster -> {
                    refreshing = false;
                    onMetadata(cluster);
                },
                failure -> {
                    refreshing = false;
                    refreshedMs = nowMs(); // again with the next tick that misses something
                    log.atDebug().addKeyValue("cause", failure.toString()).log("metadata refresh failed");
                }));
    }

    // ---- what stages and offsets ask for, by the handle

    void want(TopicPartition partition) {
        if (parts != null) {
            parts.planner().want(partition);
            parts.fetching().pump();
        }
    }

    void wantAll() {
        wantAll = true;
        if (parts != null) {
            parts.planner().partitions().forEach(parts.planner()::want);
            parts.fetching().pump();
        }
    }

    void consumed(Chunk chunk) {
        if (parts != null) {
            parts.planner().consumed(chunk.partition(), chunk.assignment(), chunk.sizeBytes());
            parts.fetching().pump();
        }
    }

    void attach(TopicPartition partition, ChunkListener listener) {
        listeners.put(partition, listener);
    }

    void detach(TopicPartition partition, long assignment, long nextOffset) {
        listeners.remove(partition);
        if (parts != null && parts.planner().assignment(partition) == assignment) {
            parts.planner().unwant(partition);
            parts.planner().dropBuffered(partition);
            if (nextOffset >= 0) {
                parts.planner().seek(partition, nextOffset, -1);
            }
        }
    }

    void seek(TopicPartition partition, long offset) {
        if (parts != null) {
            parts.planner().dropBuffered(partition);
            parts.planner().seek(partition, offset, -1);
            owner.onMoved(Set.of(partition));
            parts.fetching().pump();
        }
    }

    void commit(List<RecordOffset> offsets, CompletableFuture<Done> done) {
        Parts p = parts;
        if (p == null || ending) {
            done.completeExceptionally(ended());
            return;
        }
        var revoked = new HashSet<TopicPartition>();
        var wanted = new HashMap<TopicPartition, OffsetAndMetadata>();
        for (RecordOffset offset : offsets) {
            TopicPartition partition = offset.partitionOffset().key().topicPartition();
            if (p.planner().assignment(partition) != offset.assignment()) {
                revoked.add(partition);
            } else {
                wanted.put(partition, new OffsetAndMetadata(
                        offset.partitionOffset().offset() + 1,
                        offset.leaderEpoch() < 0 ? Optional.empty() : Optional.of(offset.leaderEpoch()),
                        offset.metadata()));
            }
        }
        PartitionRevokedException refusal = revoked.isEmpty() ? null : new PartitionRevokedException(revoked);
        if (wanted.isEmpty() && refusal != null) {
            done.completeExceptionally(refusal);
        } else if (wanted.isEmpty()) {
            done.complete(Done.getInstance());
        } else {
            p.committing().add(wanted, done, refusal);
        }
    }

    void commitNamed(Map<TopicPartition, OffsetAndMetadata> offsets, CompletableFuture<Done> done) {
        if (parts == null || ending) {
            done.completeExceptionally(ended());
        } else if (offsets.isEmpty()) {
            done.complete(Done.getInstance());
        } else {
            parts.committing().add(offsets, done, null);
        }
    }

    /** The parts, for questions of handlers. */
    <T> CompletionStage<T> with(Function<OffsetApi, CompletionStage<T>> question) {
        return parts == null ? CompletableFuture.failedFuture(ended()) : question.apply(parts.offsets());
    }

    Set<TopicPartition> assignment() {
        return parts == null ? Set.of() : parts.planner().partitions();
    }

    long position(TopicPartition partition) {
        return parts == null ? -1 : parts.planner().position(partition);
    }

    Optional<String> groupId() {
        return parts == null ? Optional.empty() : parts.properties().groupId();
    }

    Map<MetricName, Metric> metrics() {
        Parts p = parts;
        return p == null
                ? Map.of()
                : ConsumerMetrics.of(p.client().settings().clientId(), p.fetching(), p.planner(),
                        p.committing().commits());
    }

    void stopFetching() {
        if (parts != null) {
            parts.planner().pauseAll(true);
        }
        wantAll = false;
        fetchingStopped = true;
    }

    void stop(Map<TopicPartition, Long> emitted) {
        if (stopAt != null && !emitted.isEmpty()) {
            return; // asked before
        }
        stopFetching();
        stopAt = emitted;
        stopDeadlineMs = nowMs() + settings.stopTimeout().toMillis();
        checkStop();
    }

    private void checkStop() {
        Map<TopicPartition, Long> targets = stopAt;
        if (targets == null || ending) {
            return;
        }
        Parts p = parts;
        boolean done = p == null || (p.committing().isIdle(any -> true) && targets.entrySet().stream().allMatch(target ->
                p.planner().assignment(target.getKey()) < 0
                        || committed.getOrDefault(target.getKey(), -1L) >= target.getValue()));
        if (done || nowMs() >= stopDeadlineMs) {
            end();
        }
    }

    private void end() {
        if (ending) {
            return;
        }
        ending = true;
        Parts p = parts;
        if (p == null || p.grouping() == null) {
            terminate();
            return;
        }
        Duration timeout = Duration.ofNanos(settings.closeTimeout().toNanos());
        var left = new CompletableFuture<Void>();
        home(p.grouping().leave(timeout), done -> left.complete(null), failure -> {
            log.atDebug().addKeyValue("cause", failure.toString()).log("leaving the group got no answer");
            left.complete(null);
        });
        later(timeout, () -> left.complete(null));
        var unused = left.thenRun(this::terminate);
    }

    private void terminate() {
        handle.join().markClosing();
        getSelf().tell(Terminate.NOW, ActorRef.noSender());
    }

    // ---- Home

    @Override
    public <T> void home(CompletionStage<T> result, Consumer<T> then, Consumer<Throwable> failed) {
        ActorRef self = getSelf();
        var unused = result.whenComplete((value, failure) -> self.tell(
                new Run(actor -> {
                    if (failure == null) {
                        then.accept(value);
                    } else {
                        failed.accept(KafkaClient.cause(failure));
                    }
                }),
                ActorRef.noSender()));
    }

    @Override
    public void later(Duration pause, Runnable then) {
        getContext().getSystem().scheduler().scheduleOnce(
                pause, getSelf(), new Run(actor -> then.run()), getContext().dispatcher(), ActorRef.noSender());
    }

    @Override
    public long nowMs() {
        return System.nanoTime() / 1_000_000;
    }

    @Override
    public void fail(Throwable cause) {
        if (!ending) {
            log.atError().addKeyValue("cause", cause.toString()).log("consumer failed");
            owner.onFailed(cause);
            end();
        }
    }

    // ---- what the parts ask for

    private final class FetchOwner implements Fetching.Owner {
        @Override
        public void onChunk(Chunk chunk) {
            ChunkListener listener = listeners.get(chunk.partition());
            if (listener != null) {
                listener.onChunk(chunk);
            } else {
                owner.onChunk(chunk);
            }
            checkMark();
        }

        @Override
        public void onOutOfRange(TopicPartition partition, long offset) {
            log.atWarn().addKeyValue("topicPartition", partition).addKeyValue("offset", offset)
                    .log("offset is out of range");
            if (parts != null) {
                parts.positions().reset(partition, offset);
            }
        }

        @Override
        public void onDiverged(TopicPartition partition, long offset, int epoch, long endOffset) {
            if (parts == null) {
                return;
            }
            if (parts.properties().resetPolicy() == ConsumerProperties.ResetPolicy.NONE || endOffset < 0) {
                fail(new LogTruncationException(partition + " was cut behind offset " + endOffset + ", the position was "
                        + offset, Map.of(partition, offset),
                        Map.of(partition, new OffsetAndMetadata(Math.max(0, endOffset)))));
                return;
            }
            log.atWarn().addKeyValue("topicPartition", partition).addKeyValue("offset", offset)
                    .addKeyValue("endOffset", endOffset).log("log was truncated, going back");
            parts.planner().seek(partition, Math.min(offset, endOffset), epoch);
        }

        @Override
        public void wantMetadata() {
            ConsumerActor.this.wantMetadata();
        }
    }

    private final class GroupOwner implements Grouping.Owner {
        @Override
        public boolean commitsAreIdle(Predicate<TopicPartition> which) {
            return parts == null || parts.committing().isIdle(which);
        }

        @Override
        public void pause(boolean paused) {
            if (parts != null) {
                parts.planner().pauseAll(paused || fetchingStopped);
                owner.onPaused(paused);
                parts.fetching().pump();
            }
        }

        @Override
        public void hold(Set<TopicPartition> partitions) {
            Parts p = parts;
            if (p == null) {
                return;
            }
            var reading = new HashSet<>(partitions);
            reading.removeIf(p.planner()::isHeld);
            reading.forEach(p.planner()::hold);
            if (manualOffsets != null && !reading.isEmpty()) {
                manualOffsets.onRevoke().accept(Set.copyOf(reading));
            }
            owner.onRevoked(partitions);
        }

        @Override
        public void revoke(Set<TopicPartition> partitions) {
            Parts p = parts;
            if (p == null) {
                return;
            }
            hold(partitions);
            partitions.forEach(partition -> {
                p.planner().remove(partition);
                listeners.remove(partition);
                committed.remove(partition);
            });
            p.committing().drop(partitions::contains, new PartitionRevokedException(partitions));
        }

        @Override
        public void add(Set<TopicPartition> partitions) {
            if (parts != null) {
                partitions.forEach(parts.planner()::add);
            }
        }

        @Override
        public void read(Set<TopicPartition> partitions) {
            Parts p = parts;
            if (p == null) {
                return;
            }
            Runnable ready = () -> {
                var current = new HashSet<>(partitions);
                current.retainAll(p.planner().partitions());
                owner.onAssigned(assignments(current));
                if (wantAll) {
                    wantAll();
                }
            };
            if (manualOffsets == null || partitions.isEmpty()) {
                p.positions().resolve(partitions, ready);
                return;
            }
            home(manualOffsets.onAssign().apply(partitions), offsets -> {
                offsets.forEach((partition, offset) -> p.planner().seek(partition, offset, -1));
                p.positions().resolve(partitions, ready);
            }, ConsumerActor.this::fail);
        }

        @Override
        public void generationBegan() {
            if (parts != null) {
                parts.committing().resume();
            }
        }
    }

    private final class Member implements Committing.Member {
        private final @Nullable Grouping grouping;

        Member(@Nullable Grouping grouping) {
            this.grouping = grouping;
        }

        @Override
        public int generationId() {
            return grouping == null ? -1 : grouping.generationId();
        }

        @Override
        public String memberId() {
            return grouping == null ? "" : grouping.memberId();
        }

        @Override
        public boolean isMember() {
            return grouping != null;
        }

        @Override
        public boolean mayCommit() {
            return grouping != null && grouping.mayCommit();
        }

        @Override
        public boolean isJoining() {
            return grouping != null && grouping.isJoining();
        }

        @Override
        public void onGenerationOver(int generationId) {
            if (grouping != null) {
                grouping.onGenerationOver(generationId);
            }
        }

        @Override
        public void onCommitted(TopicPartition partition, long offset) {
            committed.put(partition, offset);
            checkStop();
        }
    }
}
