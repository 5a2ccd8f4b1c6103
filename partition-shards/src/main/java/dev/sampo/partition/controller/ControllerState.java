package dev.sampo.partition.controller;

import dev.sampo.actors.protocol.Controller.AllocateProducerIds;
import dev.sampo.actors.protocol.Controller.AllocateProducerIdsReply;
import dev.sampo.actors.protocol.Controller.AlterConfigs;
import dev.sampo.actors.protocol.Controller.AlterReassignments;
import dev.sampo.actors.protocol.Controller.BecomeLeader;
import dev.sampo.actors.protocol.Controller.BecomeLeaderReply;
import dev.sampo.actors.protocol.Controller.BrokerStopping;
import dev.sampo.actors.protocol.Controller.ChangeInSyncReplicas;
import dev.sampo.actors.protocol.Controller.CompleteMove;
import dev.sampo.actors.protocol.Controller.CreatePartitions;
import dev.sampo.actors.protocol.Controller.CreateTopics;
import dev.sampo.actors.protocol.Controller.CreateTopicsReply;
import dev.sampo.actors.protocol.Controller.DeleteTopics;
import dev.sampo.actors.protocol.Controller.ElectLeaders;
import dev.sampo.actors.protocol.Controller.FenceBroker;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import dev.sampo.actors.protocol.Controller.RegisterBroker;
import dev.sampo.actors.protocol.Controller.RegisterBrokerReply;
import dev.sampo.actors.protocol.Controller.UnregisterBroker;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;

/**
 * The controller's rules: for each command, the events that carry it out and the answer, given the image that all
 * earlier events made. Pure; its only input from outside is the source of topic ids.
 *
 * <p>Invariant: events are decided against the newest image, so a reply's {@code metadataOffset} is the image's
 * offset plus the number of events.
 */
public final class ControllerState {
    private final TopicRules topics;
    private final ConfigAlterations configs;
    private final BrokerRules brokers;
    private final ReassignmentRules reassignments;
    private final ElectionRules elections = new ElectionRules();

    /** @param topicIds gives another id at each call, random */
    public ControllerState(ControllerSettings settings, ConfigRules rules, Supplier<Uuid> topicIds) {
        var inSync = new InSyncRules(rules);
        this.topics = new TopicRules(settings, rules, topicIds, inSync);
        this.configs = new ConfigAlterations(rules, inSync);
        this.brokers = new BrokerRules(inSync);
        this.reassignments = new ReassignmentRules(inSync);
    }

    /** The first event of a controller incarnation. */
    public ControllerEvent.EpochStarted startEpoch(MetadataImage image) {
        return new ControllerEvent.EpochStarted(image.controllerEpoch() + 1);
    }

    /** Creates topics, each whole or not at all. */
    public Decision<CreateTopicsReply> decide(MetadataImage image, CreateTopics command) {
        return topics.create(image, command);
    }

    /** Deletes topics by id. */
    public Decision<ItemsReply> decide(MetadataImage image, DeleteTopics command) {
        return topics.delete(image, command);
    }

    /** Adds partitions to topics. */
    public Decision<ItemsReply> decide(MetadataImage image, CreatePartitions command) {
        return topics.createPartitions(image, command);
    }

    /** Changes dynamic configs. */
    public Decision<ItemsReply> decide(MetadataImage image, AlterConfigs command) {
        return configs.alter(image, command);
    }

    /** Grants or refuses the next leader epoch of a group. */
    public Decision<BecomeLeaderReply> decide(MetadataImage image, BecomeLeader command) {
        return brokers.becomeLeader(image, command);
    }

    /** Registers a broker process. */
    public Decision<RegisterBrokerReply> decide(MetadataImage image, RegisterBroker command) {
        return brokers.register(image, command);
    }

    /** Ends a broker's session. */
    public Decision<ItemsReply> decide(MetadataImage image, FenceBroker command) {
        return brokers.fence(image, command);
    }

    /** Has a broker's groups move before it stops. */
    public Decision<ItemsReply> decide(MetadataImage image, BrokerStopping command) {
        return brokers.stopping(image, command);
    }

    /** Changes a group's ISR. */
    public Decision<ItemsReply> decide(MetadataImage image, ChangeInSyncReplicas command) {
        return brokers.changeInSyncReplicas(image, command);
    }

    /** Gives a broker a block of producer ids. */
    public Decision<AllocateProducerIdsReply> decide(MetadataImage image, AllocateProducerIds command) {
        return brokers.allocateProducerIds(image, command);
    }

    /** Starts and ends moves of partitions. */
    public Decision<ItemsReply> decide(MetadataImage image, AlterReassignments command) {
        return reassignments.alter(image, command);
    }

    /** Ends a move: the partition belongs to its new brokers. */
    public Decision<ItemsReply> decide(MetadataImage image, CompleteMove command) {
        return reassignments.complete(image, command);
    }

    /** Elections that an administrator asks for. */
    public Decision<ItemsReply> decide(MetadataImage image, ElectLeaders command) {
        return elections.elect(image, command);
    }

    /** Forgets a broker. */
    public Decision<ItemsReply> decide(MetadataImage image, UnregisterBroker command) {
        return BrokerOperations.unregister(image, command);
    }
}
