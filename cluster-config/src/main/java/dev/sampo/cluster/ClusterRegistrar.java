package dev.sampo.cluster;

import dev.sampo.actors.serialization.KryoRegistrar;
import dev.sampo.actors.serialization.KryoRegistrations;

/** Class ids of what this room sends to other nodes, from 800 on; an id is never used again. */
public final class ClusterRegistrar implements KryoRegistrar {
    /** Made by its name in the configuration. */
    public ClusterRegistrar() {}

    @Override
    public void register(KryoRegistrations registrations) {
        registrations
                .addRecord(800, ClusterFormation.Ask.class)
                .addRecord(801, ClusterFormation.Answer.class);
    }
}
