package dev.sampo.kafka.local;

import dev.sampo.actors.loop.Loops;
import dev.sampo.actors.loop.SelectorLoop;
import dev.sampo.kafka.codec.AdvertisedApis;
import dev.sampo.kafka.codec.SlicesInMemory;
import dev.sampo.kafka.handler.ApiHandler;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;

/**
 * Kafka requests from within the process, served by the broker's own handlers on its loops, so that they are checked,
 * refused and answered as on the Kafka port. Safe for any thread.
 *
 * <p>A request runs on a lane: an actor on one of the loops, which serves one request after the other. Lanes are made
 * when they are needed and kept. A partition watches one read for each lane, so reads that wait never disturb each
 * other. A lane is free again when its request was answered, not when its caller went away: until then partitions may
 * hold the request's bytes.
 */
public final class LocalRequests {
    private final ActorSystem<?> system;
    private final String listener;
    private final AdvertisedApis apis;
    private final Map<ApiKeys, ApiHandler> handlers;
    private final LocalSettings settings;
    private final List<SelectorLoop> loops;
    private final Executor blocking;
    private final ConcurrentLinkedDeque<ActorRef<Object>> idle = new ConcurrentLinkedDeque<>();
    private final AtomicInteger lanes = new AtomicInteger();

    private LocalRequests(
            ActorSystem<?> system, String listener, AdvertisedApis apis, Map<ApiKeys, ApiHandler> handlers,
            LocalSettings settings, List<SelectorLoop> loops) {
        this.system = system;
        this.listener = listener;
        this.apis = apis;
        this.handlers = Map.copyOf(handlers);
        this.settings = settings;
        this.loops = loops;
        this.blocking = system.dispatchers().lookup(DispatcherSelector.fromConfig("sampo.blocking.dispatcher"));
    }

    /**
     * Serves until the system ends. At most one for each listener name and system.
     *
     * @param listener the listener whose endpoints answers name; letters, digits, - and _
     */
    public static LocalRequests start(
            ActorSystem<?> system, String listener, AdvertisedApis apis, Map<ApiKeys, ApiHandler> handlers,
            LocalSettings settings) {
        Loops.Lease lease = Loops.lease(system);
        var _ = system.getWhenTerminated().whenComplete((done, failure) -> lease.close());
        return new LocalRequests(system, listener, apis, handlers, settings, lease.loops());
    }

    /** True when this version of the key is served. */
    public boolean serves(ApiKeys key, short version) {
        return apis.serves(key, version);
    }

    /** {@link #call(ApiKeys, short, ApiMessage, Duration)} with the time-out of the settings. */
    public CompletableFuture<ApiMessage> call(ApiKeys key, short version, ApiMessage request) {
        return call(key, version, request, settings.timeout());
    }

    /**
     * Serves a request.
     *
     * @param request the generated class of the key, with the fields that {@code version} has; the callee may change
     *     the bytes in it until the answer is there
     * @return the response, records of fetches in memory. Completes on any thread; to cancel it ends a waiting fetch.
     *     Fails with {@link java.util.concurrent.TimeoutException} (it may have been done or not),
     *     {@link BusyException} (not done), {@link SlicesInMemory.TooLargeException}, or what the handler threw
     * @throws IllegalArgumentException the version is not served
     */
    public CompletableFuture<ApiMessage> call(ApiKeys key, short version, ApiMessage request, Duration timeout) {
        ApiHandler handler = handlers.get(key);
        if (handler == null || !apis.serves(key, version)) {
            throw new IllegalArgumentException(key.name + " version " + version + " is not served");
        }
        var answer = new CompletableFuture<ApiMessage>();
        ActorRef<Object> lane = idle.pollFirst();
        if (lane == null) {
            int number = lanes.getAndIncrement();
            if (number >= settings.maxRequests()) {
                lanes.decrementAndGet();
                answer.completeExceptionally(new BusyException(settings.maxRequests()));
                return answer;
            }
            int loop = number % loops.size();
            lane = system.systemActorOf(
                    LaneActor.create(this, loops.get(loop)), "local-requests-" + listener + "-" + number,
                    DispatcherSelector.fromConfig("sampo.loop-" + loop));
        }
        lane.tell(new LaneActor.Call(handler, version, request, timeout.toMillis(), answer));
        return answer;
    }

    /** Lanes that wait for a request, of those made so far; for metrics and tests. */
    public int idleLanes() {
        return idle.size();
    }

    String listener() {
        return listener;
    }

    Executor blocking() {
        return blocking;
    }

    int maxRecordsBytes() {
        return settings.maxRecordsBytes();
    }

    /** The lane takes another request. */
    void free(ActorRef<Object> lane) {
        idle.addFirst(lane);
    }
}
