package dev.sampo.tests.simulation;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller.BecomeLeader;
import dev.sampo.actors.protocol.Controller.BecomeLeaderReply;
import dev.sampo.actors.protocol.Controller.ChangeInSyncReplicas;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.actors.protocol.Controller.FenceBroker;
import dev.sampo.actors.protocol.Controller.RegisterBroker;
import dev.sampo.actors.protocol.Controller.Reply;
import dev.sampo.partition.controller.ConfigRules;
import dev.sampo.partition.controller.ControllerEvent;
import dev.sampo.partition.controller.ControllerSettings;
import dev.sampo.partition.controller.ControllerState;
import dev.sampo.partition.controller.Decision;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** The production controller's rules, and what planted bugs make of them. */
final class ControllerRules {
    private static final ConfigRules ANY_CONFIG = new ConfigRules() {
        @Override
        public @Nullable String problem(ConfigResourceType type, String name, String value) {
            return null;
        }

        @Override
        public boolean isList(ConfigResourceType type, String name) {
            return false;
        }

        @Override
        public @Nullable String defaultValue(ConfigResourceType type, String name) {
            return name.equals("min.insync.replicas") ? "1" : name.equals("unclean.leader.election.enable") ? "false" : null;
        }
    };

    private final Cluster cluster;
    private final ControllerState state;

    ControllerRules(Cluster cluster, Dice ids) {
        this.cluster = cluster;
        state = new ControllerState(ControllerSettings.DEFAULTS, ANY_CONFIG,
                () -> new Uuid(ids.next() & Long.MAX_VALUE, ids.next() & Long.MAX_VALUE));
    }

    ControllerState production() {
        return state;
    }

    Decision<? extends Reply> decide(MetadataImage image, BecomeLeader command) {
        PlacementGroup group = image.groups().get(command.groupId());
        if (cluster.planted(Mutant.ANY_REPLICA_ELECTED) && group != null && image.isLive(command.brokerId())) {
            return grant(image, group, command, group.leaderEpoch() + 1);
        }
        Decision<BecomeLeaderReply> decision = state.decide(image, command);
        if (cluster.planted(Mutant.EPOCH_GIVEN_AGAIN) && group != null && group.leaderEpoch() >= 0
                && decision.reply().error() == KafkaError.NONE) {
            return grant(image, group, command, group.leaderEpoch());
        }
        return decision;
    }

    private static Decision<BecomeLeaderReply> grant(
            MetadataImage image, PlacementGroup group, BecomeLeader command, int leaderEpoch) {
        return new Decision<>(
                List.of(new ControllerEvent.LeaderElected(
                        group.id(), command.brokerId(), leaderEpoch, group.inSyncReplicas())),
                new BecomeLeaderReply(group.id(), KafkaError.NONE, leaderEpoch, image.offset() + 1));
    }

    Decision<? extends Reply> decide(MetadataImage image, RegisterBroker command) {
        return state.decide(image, command);
    }

    Decision<? extends Reply> decide(MetadataImage image, FenceBroker command) {
        return state.decide(image, command);
    }

    Decision<? extends Reply> decide(MetadataImage image, ChangeInSyncReplicas command) {
        PlacementGroup group = image.groups().get(command.groupId());
        ChangeInSyncReplicas heard = command;
        if (group != null && cluster.planted(Mutant.PARTITION_EPOCH_IGNORED)) {
            heard = heard(command, command.brokerId(), command.incarnation(), command.leaderEpoch(), group.partitionEpoch());
        }
        MetadataImage.Broker leader = group == null ? null : image.brokers().get(group.leader());
        if (leader != null && cluster.planted(Mutant.LEADER_EPOCH_IGNORED)) {
            heard = heard(command, leader.id(), leader.incarnation(), group.leaderEpoch(), group.partitionEpoch());
        }
        return state.decide(image, heard);
    }

    private static ChangeInSyncReplicas heard(
            ChangeInSyncReplicas command, int brokerId, long incarnation, int leaderEpoch, int partitionEpoch) {
        return new ChangeInSyncReplicas(command.groupId(), brokerId, incarnation, leaderEpoch, partitionEpoch,
                command.inSyncReplicas(), null, command.incarnations());
    }
}
