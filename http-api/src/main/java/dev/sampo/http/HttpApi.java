package dev.sampo.http;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.sampo.group.lag.GroupLag;
import dev.sampo.http.kafka.BalanceCalls;
import dev.sampo.http.kafka.BrokerCalls;
import dev.sampo.http.kafka.ClusterCalls;
import dev.sampo.http.kafka.ConfigCalls;
import dev.sampo.http.kafka.ElectionCalls;
import dev.sampo.http.kafka.FetchCalls;
import dev.sampo.http.kafka.GroupCalls;
import dev.sampo.http.kafka.GroupOffsetCalls;
import dev.sampo.http.kafka.KafkaProblems;
import dev.sampo.http.kafka.NodeCalls;
import dev.sampo.http.kafka.OffsetCalls;
import dev.sampo.http.kafka.PartitionCalls;
import dev.sampo.http.kafka.ProduceCalls;
import dev.sampo.http.kafka.ReassignmentCalls;
import dev.sampo.http.kafka.ThrottleCalls;
import dev.sampo.http.kafka.TopicCalls;
import dev.sampo.http.route.Endpoint;
import dev.sampo.http.route.Guard;
import dev.sampo.http.route.RouteTable;
import dev.sampo.kafka.local.LocalRequests;
import dev.sampo.kafka.local.PeerRequests;
import dev.sampo.partition.controller.MetadataImages;
import java.net.InetSocketAddress;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLContext;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.settings.ServerSettings;

/** The HTTP server of a broker. Safe for any thread. */
public final class HttpApi {
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(2);

    /**
     * What it serves.
     *
     * @param requests made with the limits of the settings
     * @param peers asks other brokers what only they know
     * @param brokerId this broker
     * @param ready what must hold for the broker to be ready
     * @param more further endpoints, of other parts
     */
    public record Parts(
            ActorSystem<?> system, LocalRequests requests, PeerRequests peers, MetadataImages images, GroupLag lag,
            int brokerId, List<HealthCheck> ready, List<Endpoint> more) {}

    private final ServerBinding binding;
    private final RouteTable table;
    private final TailRoutes tails;

    private HttpApi(ServerBinding binding, RouteTable table, TailRoutes tails) {
        this.binding = binding;
        this.table = table;
        this.tails = tails;
    }

    /** Binds. Fails with {@link org.apache.pekko.stream.BindFailedException} or the cause when it cannot. */
    public static CompletionStage<HttpApi> start(HttpSettings settings, Parts parts) {
        ActorSystem<?> system = parts.system();
        var guard = new Guard(settings.token(), HttpSettings.isLoopback(settings.host()));
        var broker = new BrokerCalls(parts.requests(), parts.peers(), system, settings.requestTimeout());
        var offsets = new OffsetCalls(broker);
        var topics = new TopicCalls(broker, offsets);
        var fetch = new FetchCalls(broker);
        var tails = new TailRoutes(topics, offsets, fetch, settings);
        var table = new RouteTable(
                endpoints(settings, parts, broker, offsets, topics, fetch, tails), guard, settings.limits(),
                KafkaProblems::of, system.classicSystem());
        return Http.get(system)
                .newServerAt(settings.host(), settings.port())
                .withSettings(serverSettings(system.settings().config()))
                .bind(table::serve)
                .thenApply(binding -> new HttpApi(binding, table, tails));
    }

    /** For a start that is to be short: has the library's settings, and what it needs of TLS without using it, in memory. */
    public static void loadAhead() {
        serverSettings(ConfigFactory.defaultReference());
        try {
            SSLContext.getDefault();
        } catch (NoSuchAlgorithmException e) {
            // Who needs it says so.
        }
    }

    /** All endpoints: here, and only here, parts add theirs. */
    private static List<Endpoint> endpoints(
            HttpSettings settings, Parts parts, BrokerCalls broker, OffsetCalls offsets, TopicCalls topics,
            FetchCalls fetch, TailRoutes tails) {
        InstantSource clock = InstantSource.system();
        var produce = new ProduceCalls(broker, topics, clock);
        var cluster = new ClusterCalls(broker, parts.images());
        var groups = new GroupCalls(broker, parts.images(), parts.brokerId());

        var all = new ArrayList<Endpoint>();
        all.addAll(new TopicRoutes(topics).endpoints());
        all.addAll(new RecordRoutes(
                        produce, fetch, offsets, new ProduceStream(produce, topics, settings.maxRecordBytes()), settings)
                .endpoints());
        all.addAll(tails.endpoints());
        all.addAll(new GroupRoutes(groups, new GroupOffsetCalls(broker, groups, topics, offsets, fetch, clock)).endpoints());
        all.addAll(new LagRoutes(parts.lag(), groups).endpoints());
        all.addAll(new ClusterRoutes(
                        cluster, new ConfigCalls(broker), new PartitionCalls(topics, offsets, cluster), parts.images(),
                        parts.brokerId())
                .endpoints());
        var throttle = new ThrottleCalls(broker, parts.images());
        var reassignments = new ReassignmentCalls(broker, throttle, parts.images());
        Executor blocking =
                parts.system().dispatchers().lookup(DispatcherSelector.fromConfig("sampo.blocking.dispatcher"));
        all.addAll(new MoveRoutes(
                        new NodeCalls(broker, cluster, reassignments, throttle, parts.images(), blocking), reassignments,
                        new ElectionCalls(broker, parts.images()),
                        new BalanceCalls(cluster, reassignments, parts.images(), blocking))
                .endpoints());
        all.addAll(new HealthRoutes(live(parts), parts.ready()).endpoints());
        all.addAll(parts.more());
        all.add(OpenApi.endpoint(List.copyOf(all), settings.token() != null));
        return all;
    }

    private static List<HealthCheck> live(Parts parts) {
        return List.of(
                new HealthCheck("dispatcher", () -> CompletableFuture.supplyAsync(
                        () -> null, parts.system().executionContext()::execute)),
                new HealthCheck("loops", () -> parts.requests().ping().thenApply(answered -> null)));
    }

    /** The library's defaults under ours. */
    private static ServerSettings serverSettings(Config config) {
        Config server = config.getConfig("sampo.http.server").withFallback(config.getConfig("pekko.http.server"));
        return ServerSettings.create(config.withValue("pekko.http.server", server.root()));
    }

    /** Where it listens, with the real port. */
    public InetSocketAddress address() {
        return binding.localAddress();
    }

    /** What it serves. */
    public RouteTable routes() {
        return table;
    }

    /** Stops accepting, ends live tails, lets requests in flight finish for 2 s. */
    public CompletionStage<Void> stop() {
        tails.stop();
        return binding.terminate(STOP_TIMEOUT).thenApply(done -> null);
    }
}
