package dev.sampo.actors.serialization;

import dev.sampo.actors.model.Acks;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Controller;

/** The classes of this module, ids 100 to 199. */
public final class ActorsRegistrar implements KryoRegistrar {
    /** Made by its name in the configuration. */
    public ActorsRegistrar() {}

    @Override
    public void register(KryoRegistrations registrations) {
        registrations
                .addEnum(100, KafkaError.class, error -> (int) error.code())
                .addEnum(101, Acks.class, ActorsRegistrar::code)
                .addRecord(102, TopicIdPartition.class)
                .addRecord(110, Controller.NewTopic.class)
                .addRecord(111, Controller.CreateTopics.class)
                .addRecord(112, Controller.TopicResult.class)
                .addRecord(113, Controller.CreateTopicsReply.class)
                .addRecord(114, Controller.DeleteTopics.class)
                .addRecord(115, Controller.MorePartitions.class)
                .addRecord(116, Controller.CreatePartitions.class)
                .addEnum(117, Controller.ConfigOperation.class, ActorsRegistrar::code)
                .addEnum(118, Controller.ConfigResourceType.class, ActorsRegistrar::code)
                .addRecord(119, Controller.ConfigResource.class)
                .addRecord(120, Controller.ConfigChange.class)
                .addRecord(121, Controller.ConfigAlteration.class)
                .addRecord(122, Controller.AlterConfigs.class)
                .addRecord(123, Controller.ItemResult.class)
                .addRecord(124, Controller.ItemsReply.class)
                .addRecord(125, Controller.BecomeLeader.class)
                .addRecord(126, Controller.BecomeLeaderReply.class)
                .addRecord(127, Controller.Endpoint.class)
                .addRecord(128, Controller.RegisterBroker.class)
                .addRecord(129, Controller.RegisterBrokerReply.class)
                .addRecord(130, Controller.AllocateProducerIds.class)
                .addRecord(131, Controller.AllocateProducerIdsReply.class)
                .addRecord(132, Controller.FenceBroker.class)
                .addRecord(133, Controller.ChangeInSyncReplicas.class)
                .addRecord(150, Controller.BrokerStopping.class)
                .addRecord(160, Controller.Reassignment.class)
                .addRecord(161, Controller.AlterReassignments.class)
                .addRecord(162, Controller.CompleteMove.class)
                .addRecord(163, Controller.NamedPartition.class)
                .addRecord(164, Controller.ElectLeaders.class)
                .addRecord(165, Controller.UnregisterBroker.class)
                .addRecord(166, Controller.DescribeQuorum.class)
                .addRecord(167, Controller.QuorumMember.class)
                .addRecord(168, Controller.QuorumReply.class)
                .addRecord(169, Controller.ChangeVoter.class);
    }

    private static int code(Acks acks) {
        return switch (acks) {
            case NONE -> 0;
            case LEADER -> 1;
            case ALL -> -1;
        };
    }

    private static int code(Controller.ConfigOperation operation) {
        return switch (operation) {
            case SET -> 0;
            case DELETE -> 1;
            case APPEND -> 2;
            case SUBTRACT -> 3;
        };
    }

    private static int code(Controller.ConfigResourceType type) {
        return switch (type) {
            case TOPIC -> 2;
            case BROKER -> 4;
            case GROUP -> 32;
        };
    }
}
