package dev.sampo.cluster;

import com.typesafe.config.Config;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.Endpoint;
import dev.sampo.actors.protocol.Controller.RegisterBroker;
import dev.sampo.actors.protocol.Controller.RegisterBrokerReply;
import dev.sampo.kafka.connection.KafkaListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the controller take this process as a broker.
 *
 * @param refusal why the cluster does not want this broker, null while it does
 */
record BrokerRegistration(
        BrokerSettings settings, Config config, ClusterSettings clusterSettings, DataFolder folder,
        ActorSystem<?> system, ActorRef<Controller.Command> controller, Supplier<@Nullable String> refusal) {
    private static final Logger log = LoggerFactory.getLogger(BrokerRegistration.class);
    private static final Duration CONTROLLER_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration REGISTER_AGAIN = Duration.ofSeconds(2);

    /**
     * Asks until the controller answers: it may be elected only when enough other brokers have started. The broker that
     * had this id may still count as alive for a while, so a refusal for that counts only after its session must be over.
     */
    RegisterBrokerReply register(List<KafkaListener> listeners, KafkaListener replication, int raftPort) {
        List<Endpoint> endpoints = endpoints(listeners, replication);
        String raftAddress = new ClusterSettings.HostPort(
                BrokerConfig.reachable(config.getString("sampo.raft.host")), raftPort).toString();
        Uuid processId = Uuid.randomUuid();
        boolean alone = clusterSettings.alone(settings.nodeId());
        long begin = System.nanoTime();
        long knownIncarnation = RegisterBroker.NOBODY; // until the controller says whose place this process takes
        for (int attempt = 1; ; attempt++) {
            RegisterBrokerReply reply = null;
            long known = knownIncarnation;
            try {
                reply = AskPattern.<Controller.Command, RegisterBrokerReply>ask(
                                controller,
                                replyTo -> new RegisterBroker(
                                        settings.nodeId(), folder.directoryId(), processId, endpoints,
                                        settings.rack(), replyTo, raftAddress, folder.lostTail(), known),
                                alone ? CONTROLLER_TIMEOUT : REGISTER_AGAIN,
                                system.scheduler())
                        .toCompletableFuture()
                        // The scheduler ends with the actor system; then the ask never times out.
                        .get(2 * (alone ? CONTROLLER_TIMEOUT : REGISTER_AGAIN).toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException | IllegalStateException e) {
                if (alone) {
                    throw new StartException("the broker could not start: " + e, e);
                }
            } catch (ExecutionException e) {
                if (alone || !(e.getCause() instanceof TimeoutException)) {
                    throw new StartException("the broker could not start: " + e.getCause(), e.getCause());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StartException("interrupted while waiting for the controller", e);
            }
            Duration waited = Duration.ofNanos(System.nanoTime() - begin);
            if (reply != null && reply.error() == KafkaError.NONE) {
                return reply;
            }
            if (reply != null && reply.error() == KafkaError.STALE_BROKER_EPOCH) {
                knownIncarnation = reply.incarnation();
            } else if (reply != null) {
                if (reply.error() != KafkaError.DUPLICATE_BROKER_REGISTRATION
                        || waited.compareTo(config.getDuration("sampo.session.timeout").plusSeconds(3)) > 0) {
                    throw new StartException("the controller refuses broker " + settings.nodeId() + ": "
                            + (reply.errorMessage() == null ? reply.error().name() : reply.errorMessage()));
                }
                StartWaits.pause(500);
            } else if (attempt % 5 == 0) {
                log.atWarn().addKeyValue("brokerId", settings.nodeId())
                        .addKeyValue("voters", clusterSettings.voters())
                        .addKeyValue("seeds", clusterSettings.seeds())
                        .addKeyValue("waitedMs", waited.toMillis())
                        .log("waits for the controller: a majority of the voters must run and be reached");
            }
            String refused = refusal.get();
            if (refused != null) {
                throw new StartException(refused);
            }
            if (system.whenTerminated().isCompleted()) {
                throw new ShutOutException();
            }
        }
    }

    private List<Endpoint> endpoints(List<KafkaListener> listeners, KafkaListener replication) {
        var endpoints = new ArrayList<Endpoint>();
        for (int i = 0; i < listeners.size(); i++) {
            endpoints.add(BrokerConfig.advertised(
                    settings, settings.listeners().get(i), listeners.get(i).address().getPort()));
        }
        endpoints.add(new Endpoint(
                Endpoint.REPLICATION, BrokerConfig.reachable(config.getString("sampo.replication.host")),
                replication.address().getPort(), "PLAINTEXT"));
        return endpoints;
    }
}
