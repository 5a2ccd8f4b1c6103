package dev.sampo.partition.controller;

import dev.sampo.actors.serialization.KryoRegistrar;
import dev.sampo.actors.serialization.KryoRegistrations;
import dev.sampo.partition.session.Session;
import dev.sampo.partition.sharding.Sentinel;

/** Class ids of what this room persists or sends to other nodes, from 200 on; an id is never used again. */
public final class ControllerRegistrar implements KryoRegistrar {
    /** Made by its name in the configuration. */
    public ControllerRegistrar() {}

    @Override
    public void register(KryoRegistrations registrations) {
        registrations
                .addRecord(200, ControllerEvent.EpochStarted.class)
                .addRecord(201, ControllerEvent.BrokerRegistered.class)
                .addRecord(202, ControllerEvent.BrokerFenced.class)
                .addRecord(203, ControllerEvent.PlacementGroupCreated.class)
                .addRecord(204, ControllerEvent.TopicCreated.class)
                .addRecord(205, ControllerEvent.PartitionsAdded.class)
                .addRecord(206, ControllerEvent.TopicDeleted.class)
                .addRecord(207, ControllerEvent.LeaderElected.class)
                .addRecord(208, ControllerEvent.InSyncReplicasChanged.class)
                .addRecord(209, ControllerEvent.ConfigsChanged.class)
                .addRecord(210, ControllerEvent.ProducerIdsAllocated.class)
                .addRecord(211, ControllerEvent.BrokerChanged.class)
                .addRecord(212, ControllerEvent.BrokerUnregistered.class)
                .addRecord(213, ControllerEvent.PartitionMoveStarted.class)
                .addRecord(214, ControllerEvent.PartitionMoved.class)
                .addRecord(215, ControllerEvent.LeaderWanted.class)
                .addRecord(220, MetadataSnapshot.class)
                .addRecord(221, MetadataImage.Broker.class)
                .addRecord(222, MetadataImage.Topic.class)
                .addRecord(223, MetadataImage.PlacementGroup.class)
                .addRecord(240, Sentinel.EnsureLeader.class)
                .addRecord(250, ControllerHost.Forward.class)
                .addRecord(251, Session.Heartbeat.class)
                .addRecord(252, Session.HeartbeatReply.class);
    }
}
