package dev.sampo.partition.controller;

import dev.sampo.actors.serialization.KryoRegistrar;
import dev.sampo.actors.serialization.KryoRegistrations;
import dev.sampo.partition.sharding.Sentinel;

/**
 * Class ids of what this room persists or sends to other nodes. Ids are never reused: a class that is no longer used
 * leaves its id free for ever.
 */
public final class ControllerRegistrar implements KryoRegistrar {
    @Override
    public void register(KryoRegistrations registrations) {
        registrations
                .addRecord(1000, ControllerEvent.EpochStarted.class)
                .addRecord(1001, ControllerEvent.BrokerRegistered.class)
                .addRecord(1002, ControllerEvent.BrokerFenced.class)
                .addRecord(1003, ControllerEvent.PlacementGroupCreated.class)
                .addRecord(1004, ControllerEvent.TopicCreated.class)
                .addRecord(1005, ControllerEvent.PartitionsAdded.class)
                .addRecord(1006, ControllerEvent.TopicDeleted.class)
                .addRecord(1007, ControllerEvent.LeaderElected.class)
                .addRecord(1008, ControllerEvent.InSyncReplicasChanged.class)
                .addRecord(1009, ControllerEvent.ConfigsChanged.class)
                .addRecord(1010, ControllerEvent.ProducerIdsAllocated.class)
                .addRecord(1011, MetadataSnapshot.class)
                .addRecord(1012, MetadataImage.Broker.class)
                .addRecord(1013, MetadataImage.Topic.class)
                .addRecord(1014, MetadataImage.PlacementGroup.class)
                .addRecord(1015, Sentinel.EnsureLeader.class);
    }
}
