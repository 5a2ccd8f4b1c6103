package dev.sampo.client.internal.consumer;

import dev.sampo.client.internal.ApiRequest;
import dev.sampo.client.internal.ClusterImage;
import dev.sampo.client.internal.KafkaClient;
import dev.sampo.client.internal.Lane;
import dev.sampo.client.internal.Target;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Performs what {@link GroupMembership} decides: requests, handlers, listener. */
final class ClassicGrouping implements Grouping {
    private static final Logger log = LoggerFactory.getLogger(ClassicGrouping.class);
    private final Home home;
    private final KafkaClient client;
    private final ConsumerProperties properties;
    private final RebalanceCalls calls;
    private final Owner owner;
    private final GroupMembership membership;
    private final Target coordinator;
    private Map<String, Integer> assignedCounts = Map.of(); // as leader: partitions per topic when last assigned
    private Set<TopicPartition> current = Set.of();

    ClassicGrouping(
            Home home, KafkaClient client, ConsumerProperties properties, RebalanceCalls calls, Owner owner) {
        this.home = home;
        this.client = client;
        this.properties = properties;
        this.calls = calls;
        this.owner = owner;
        this.membership = new GroupMembership(properties);
        this.coordinator = Target.group(properties.groupId().orElse(""));
    }

    @Override
    public int generationId() {
        return membership.generationId();
    }

    @Override
    public boolean mayCommit() {
        return membership.mayCommit();
    }

    @Override
    public boolean isJoining() {
        return membership.isJoining();
    }

    @Override
    public String memberId() {
        return membership.memberId();
    }

    @Override
    public void subscribe(Set<String> topics) {
        perform(membership.subscribe(topics));
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
    public void onGenerationOver(int generationId) {
        perform(membership.onGenerationOver(generationId));
    }

    /** Joins again when a topic has more partitions than were assigned, or is another one. */
    @Override
    public void onMetadata(ClusterImage cluster) {
        if (!assignedCounts.isEmpty() && membership.isStable() && !counts(cluster, assignedCounts.keySet())
                .equals(assignedCounts)) {
            assignedCounts = Map.of();
            perform(membership.rejoin());
        }
    }

    private static Map<String, Integer> counts(ClusterImage cluster, Set<String> topics) {
        var counts = new HashMap<String, Integer>();
        topics.forEach(name -> {
            ClusterImage.TopicImage topic = cluster.topic(name);
            counts.put(name, topic == null ? 0 : topic.partitions().size());
        });
        return counts;
    }

    private void perform(List<GroupMembership.Effect> effects) {
        for (GroupMembership.Effect effect : effects) {
            if (effect instanceof GroupMembership.PrepareJoin prepare) {
                prepareJoin(prepare);
            } else if (effect instanceof GroupMembership.SendJoin join) {
                home.home(
                        send(ApiRequest.of(ApiKeys.JOIN_GROUP, JoinGroupResponseData.class,
                                properties.rebalanceTimeoutMs() + client.settings().requestTimeoutMs(), join.request())
                                .atLeast(properties.groupInstanceId().isPresent() ? 5 : 0)),
                        response -> perform(membership.onJoinResponse(join.attempt(), response, home.nowMs())),
                        failure -> onRequestFailed(join.attempt(), failure));
            } else if (effect instanceof GroupMembership.LoadTopics load) {
                client.follow(load.topics());
                home.home(
                        client.refresh(),
                        cluster -> {
                            assignedCounts = counts(cluster, load.topics());
                            perform(membership.onTopicsLoaded(load.attempt(), cluster.toCluster()));
                        },
                        failure -> onRequestFailed(load.attempt(), failure));
            } else if (effect instanceof GroupMembership.SendSync sync) {
                home.home(
                        send(ApiRequest.of(ApiKeys.SYNC_GROUP, SyncGroupResponseData.class,
                                properties.rebalanceTimeoutMs() + client.settings().requestTimeoutMs(), sync.request())),
                        response -> perform(membership.onSyncResponse(sync.attempt(), response, home.nowMs())),
                        failure -> onRequestFailed(sync.attempt(), failure));
            } else if (effect instanceof GroupMembership.SendHeartbeat heartbeat) {
                home.home(
                        send(ApiRequest.of(ApiKeys.HEARTBEAT, HeartbeatResponseData.class,
                                client.settings().requestTimeoutMs(), heartbeat.request())),
                        response -> perform(membership.onHeartbeatResponse(
                                heartbeat.attempt(), Errors.forCode(response.errorCode()), home.nowMs())),
                        failure -> perform(membership.onHeartbeatFailed(heartbeat.attempt(), home.nowMs())));
            } else if (effect instanceof GroupMembership.ForgetCoordinator) {
                client.invalidateCoordinator(coordinator);
            } else if (effect instanceof GroupMembership.RetryLater retry) {
                home.later(Duration.ofMillis(properties.retryBackoffMs()),
                        () -> perform(membership.onRetry(retry.attempt())));
            } else if (effect instanceof GroupMembership.Assigned assigned) {
                assigned(assigned);
            } else if (effect instanceof GroupMembership.Lost lost) {
                current = Set.of();
                calls.lost(properties.groupId().orElse(""), owner, lost.partitions());
            } else if (effect instanceof GroupMembership.Fail fail) {
                home.fail(fail.error().exception("group " + properties.groupId().orElse("") + ": "
                        + fail.error().message()));
            }
        }
    }

    private <T extends ApiMessage> CompletionStage<T> send(ApiRequest<T> request) {
        return client.send(coordinator, Lane.GROUP, request);
    }

    private void onRequestFailed(int attempt, Throwable failure) {
        if (failure instanceof RetriableException) {
            perform(membership.onRequestFailed(attempt));
        } else {
            home.fail(failure);
        }
    }

    private void prepareJoin(GroupMembership.PrepareJoin prepare) {
        Set<TopicPartition> revoked = prepare.announcedRevoked();
        owner.pause(!membership.isCooperative());
        if (!revoked.isEmpty()) {
            calls.tellRevoked(revoked);
        }
        calls.onRevoke(revoked, () ->
                calls.whenCommitted(owner, any -> true, () -> perform(membership.onReadyToJoin(prepare.attempt()))));
    }

    private void assigned(GroupMembership.Assigned assigned) {
        log.atInfo()
                .addKeyValue("group", properties.groupId().orElse(""))
                .addKeyValue("generationId", assigned.generationId())
                .addKeyValue("assigned", assigned.all())
                .addKeyValue("revoked", assigned.revoked())
                .log("partitions assigned");
        current = assigned.all();
        if (!assigned.revoked().isEmpty()) {
            if (assigned.announcedBefore()) {
                owner.revoke(assigned.revoked());
            } else {
                calls.tellRevoked(assigned.revoked());
                calls.onRevoke(assigned.revoked(), () -> owner.revoke(assigned.revoked()));
            }
        }
        Set<TopicPartition> announced = assigned.announcedBefore() ? assigned.all() : assigned.added();
        owner.add(assigned.added());
        owner.generationBegan();
        calls.tellAssigned(announced);
        calls.onAssign(announced, () -> {
            owner.read(assigned.added());
            owner.pause(false);
        });
    }

    /** Dynamic members only: a static one comes back. */
    @Override
    public CompletionStage<Void> leave(Duration timeout) {
        String memberId = membership.memberId();
        membership.leave();
        CompletionStage<Void> told = calls.onStop(new HashSet<>(current));
        if (memberId.isEmpty() || properties.groupInstanceId().isPresent()) {
            return told;
        }
        var request = ApiRequest.of(
                ApiKeys.LEAVE_GROUP, LeaveGroupResponseData.class, timeout.toMillis(), version -> {
                    var data = new LeaveGroupRequestData().setGroupId(properties.groupId().orElse(""));
                    if (version < 3) {
                        return data.setMemberId(memberId);
                    }
                    var member = new LeaveGroupRequestData.MemberIdentity().setMemberId(memberId);
                    return data.setMembers(List.of(version >= 5 ? member.setReason("the stream ended") : member));
                });
        return told.thenCompose(done -> client.send(coordinator, Lane.GENERAL, request)).thenAccept(response -> {});
    }
}
