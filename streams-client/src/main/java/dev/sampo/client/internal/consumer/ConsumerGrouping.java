package dev.sampo.client.internal.consumer;

import dev.sampo.client.Subscriptions.TopicSubscriptionPattern;
import dev.sampo.client.internal.ApiRequest;
import dev.sampo.client.internal.ClusterImage;
import dev.sampo.client.internal.KafkaClient;
import dev.sampo.client.internal.Lane;
import dev.sampo.client.internal.Target;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Performs what {@link ConsumerMembership} decides: heartbeats, handlers, listener. */
final class ConsumerGrouping implements Grouping {
    private static final Logger log = LoggerFactory.getLogger(ConsumerGrouping.class);

    private final Home home;
    private final KafkaClient client;
    private final ConsumerProperties properties;
    private final RebalanceCalls calls;
    private final Owner owner;
    private final Runnable wantMetadata;
    private final ConsumerMembership membership;
    private final Target coordinator;

    /** @param wantMetadata asks for new metadata; it comes by {@link #onMetadata} */
    ConsumerGrouping(
            Home home,
            KafkaClient client,
            ConsumerProperties properties,
            RebalanceCalls calls,
            Owner owner,
            Runnable wantMetadata) {
        this.home = home;
        this.client = client;
        this.properties = properties;
        this.calls = calls;
        this.owner = owner;
        this.wantMetadata = wantMetadata;
        this.membership = new ConsumerMembership(properties, Uuid.randomUuid().toString());
        this.coordinator = Target.group(properties.groupId().orElse(""));
    }

    @Override
    public int generationId() {
        return membership.memberEpoch();
    }

    @Override
    public boolean mayCommit() {
        return membership.memberEpoch() > 0;
    }

    @Override
    public boolean isJoining() {
        return membership.memberEpoch() <= 0;
    }

    @Override
    public String memberId() {
        return membership.memberId();
    }

    /** Patterns are the coordinator's matter: see {@link #onMetadata}. */
    @Override
    public void subscribe(Set<String> topics) {
        if (!(calls.subscription() instanceof TopicSubscriptionPattern)) {
            perform(membership.subscribe(topics, home.nowMs()));
        }
    }

    @Override
    public void onTick() {
        perform(membership.onTick(home.nowMs()));
    }

    @Override
    public void onCalled() {
        perform(membership.onCalled(home.nowMs()));
    }

    @Override
    public void onGenerationOver(int epoch) {
        perform(membership.onEpochOver(epoch, home.nowMs()));
    }

    @Override
    public void onMetadata(ClusterImage cluster) {
        if (calls.subscription() instanceof TopicSubscriptionPattern pattern && !membership.isSubscribed()) {
            perform(membership.subscribePattern(pattern.pattern(), home.nowMs()));
        }
        Map<Uuid, String> names = new HashMap<>();
        cluster.topics().values().forEach(topic -> names.put(topic.topicId(), topic.name()));
        perform(membership.onTopicNames(names, home.nowMs()));
    }

    private void perform(List<ConsumerMembership.Effect> effects) {
        for (ConsumerMembership.Effect effect : effects) {
            if (effect instanceof ConsumerMembership.SendHeartbeat heartbeat) {
                home.home(
                        client.send(coordinator, Lane.GROUP,
                                request(heartbeat.request(), client.settings().requestTimeoutMs())),
                        response -> perform(
                                membership.onHeartbeatResponse(heartbeat.attempt(), response, home.nowMs())),
                        failure -> onHeartbeatFailed(heartbeat.attempt(), failure));
            } else if (effect instanceof ConsumerMembership.ForgetCoordinator) {
                client.invalidateCoordinator(coordinator);
            } else if (effect instanceof ConsumerMembership.LoadTopicNames) {
                wantMetadata.run();
            } else if (effect instanceof ConsumerMembership.EpochBegan) {
                owner.generationBegan();
            } else if (effect instanceof ConsumerMembership.Revoke revoke) {
                revoke(revoke);
            } else if (effect instanceof ConsumerMembership.Assigned assigned) {
                assigned(assigned);
            } else if (effect instanceof ConsumerMembership.Lost lost) {
                calls.lost(properties.groupId().orElse(""), owner, lost.partitions());
            } else if (effect instanceof ConsumerMembership.Fail fail) {
                home.fail(fail.error().exception("group " + properties.groupId().orElse("") + ": " + fail.message()));
            }
        }
    }

    private static ApiRequest<ConsumerGroupHeartbeatResponseData> request(
            ConsumerGroupHeartbeatRequestData data, long timeoutMs) {
        return ApiRequest.of(
                ApiKeys.CONSUMER_GROUP_HEARTBEAT, ConsumerGroupHeartbeatResponseData.class, timeoutMs, data)
                .atLeast(1); // the first one in which members name themselves
    }

    private void onHeartbeatFailed(int attempt, Throwable failure) {
        if (failure instanceof RetriableException) {
            perform(membership.onHeartbeatFailed(attempt, home.nowMs()));
        } else if (failure instanceof UnsupportedVersionException) {
            home.fail(new UnsupportedVersionException("the brokers do not know group.protocol=consumer (Kafka 4.0 and"
                    + " later do); use group.protocol=classic", failure));
        } else {
            home.fail(failure);
        }
    }

    private void revoke(ConsumerMembership.Revoke revoke) {
        owner.hold(revoke.partitions());
        calls.tellRevoked(revoke.partitions());
        calls.onRevoke(revoke.partitions(), () -> calls.whenCommitted(owner, revoke.partitions()::contains, () -> {
            if (membership.isRevoking(revoke.step())) { // else lost meanwhile, perhaps assigned anew
                owner.revoke(revoke.partitions());
                perform(membership.onRevoked(revoke.step(), home.nowMs()));
            }
        }));
    }

    private void assigned(ConsumerMembership.Assigned assigned) {
        log.atInfo()
                .addKeyValue("group", properties.groupId().orElse(""))
                .addKeyValue("memberEpoch", membership.memberEpoch())
                .addKeyValue("assigned", assigned.all())
                .addKeyValue("added", assigned.added())
                .log("partitions assigned");
        owner.add(assigned.added());
        calls.tellAssigned(assigned.added());
        calls.onAssign(assigned.added(), () -> owner.read(assigned.added()));
    }

    /** A static member says that it will be back. */
    @Override
    public CompletionStage<Void> leave(Duration timeout) {
        CompletionStage<Void> told = calls.onStop(membership.owned());
        return membership.leave()
                .map(goodbye -> told
                        .thenCompose(done -> client.send(coordinator, Lane.GROUP, request(goodbye, timeout.toMillis())))
                        .thenAccept(response -> {}))
                .orElse(told);
    }
}
