package dev.sampo.kafka.handler;

import com.typesafe.config.Config;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.group.coordinator.GroupAccess;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * Heartbeat 0-4. Where all is well the answer waits a while for a change of the group, so that members learn of a rebalance when
 * it begins. It does not wait where that could hold up something else: when another request comes behind it, and for clients
 * that are not known to send heartbeats beside their work.
 */
public final class HeartbeatHandler implements ApiHandler {
    private final GroupAccess groups;
    private final long waitMs;

    /**
     * Requests go to {@code groups}.
     *
     * @param waitMs how long an answer waits at most, 0 for not at all
     */
    HeartbeatHandler(GroupAccess groups, long waitMs) {
        this.groups = groups;
        this.waitMs = waitMs;
    }

    /** Waits as {@code sampo.group} says, and no longer than a member with the shortest session can do with. */
    public static HeartbeatHandler of(GroupAccess groups, Config config) {
        long waitMs = config.getDuration("sampo.group.heartbeat-wait", TimeUnit.MILLISECONDS);
        long shortestSessionMs = config.getDuration("sampo.group.min-session-timeout", TimeUnit.MILLISECONDS);
        return new HeartbeatHandler(groups, Math.min(waitMs, shortestSessionMs * 2 / 5));
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.HEARTBEAT;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (HeartbeatRequestData) exchange.request();
        var heartbeat = new Group.Heartbeat(
                request.groupId(), request.generationId(), request.memberId(), request.groupInstanceId());
        CompletionStage<Group.HeartbeatReply> reply = waits(exchange.client().softwareName(), heartbeat)
                ? askPatiently(exchange, heartbeat)
                : groups.ask(heartbeat, GroupHandling.TIMEOUT);
        exchange.respondWhen(reply.thenApply(answer -> new HeartbeatResponseData().setErrorCode(answer.error().code())));
    }

    /** A static member says nothing when it ends, but waits for its last answer. */
    private boolean waits(String softwareName, Group.Heartbeat heartbeat) {
        return waitMs > 0 && heartbeat.groupInstanceId() == null
                && (softwareName.equals("apache-kafka-java") || softwareName.equals("librdkafka")
                        || softwareName.startsWith("confluent-kafka-"));
    }

    private CompletionStage<Group.HeartbeatReply> askPatiently(Exchange exchange, Group.Heartbeat heartbeat) {
        CompletableFuture<Boolean> change = groups.nextChange(heartbeat.groupId()); // before the question: none is missed
        exchange.onHurry(() -> change.complete(false));
        exchange.schedule(waitMs, () -> change.complete(false));
        return groups.ask(heartbeat, GroupHandling.TIMEOUT)
                .thenCompose(first -> first.error() == KafkaError.NONE
                        ? change.thenCompose(changed -> changed
                                ? groups.ask(heartbeat, GroupHandling.TIMEOUT)
                                : CompletableFuture.completedStage(first))
                        : CompletableFuture.completedStage(first))
                .whenComplete((reply, failure) -> change.complete(false));
    }
}
