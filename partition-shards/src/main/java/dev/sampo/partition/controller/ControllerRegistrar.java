package dev.sampo.partition.controller;

import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.actors.protocol.Controller.Endpoint;
import dev.sampo.partition.sharding.Sentinel;
import java.util.List;

/**
 * Class ids of what this room persists or sends to other nodes: the place in the list plus {@link #FIRST_ID}. Entries
 * are only appended; a class that is no longer used keeps its place.
 */
public final class ControllerRegistrar {
    /** Id of the first entry. */
    public static final int FIRST_ID = 1000;

    /** In id order. */
    public static final List<Class<?>> CLASSES = List.of(
            ControllerEvent.EpochStarted.class,
            ControllerEvent.BrokerRegistered.class,
            ControllerEvent.BrokerFenced.class,
            ControllerEvent.PlacementGroupCreated.class,
            ControllerEvent.TopicCreated.class,
            ControllerEvent.PartitionsAdded.class,
            ControllerEvent.TopicDeleted.class,
            ControllerEvent.LeaderElected.class,
            ControllerEvent.InSyncReplicasChanged.class,
            ControllerEvent.ConfigsChanged.class,
            ControllerEvent.ProducerIdsAllocated.class,
            MetadataSnapshot.class,
            MetadataImage.Broker.class,
            MetadataImage.Topic.class,
            MetadataImage.PlacementGroup.class,
            Endpoint.class,
            ConfigResource.class,
            ConfigResourceType.class,
            Sentinel.EnsureLeader.class);

    private ControllerRegistrar() {}
}
