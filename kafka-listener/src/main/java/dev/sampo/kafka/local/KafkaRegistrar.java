package dev.sampo.kafka.local;

import dev.sampo.actors.serialization.KryoRegistrar;
import dev.sampo.actors.serialization.KryoRegistrations;

/** Class ids of what this room sends to other nodes, 600 to 699; an id is never used again. */
public final class KafkaRegistrar implements KryoRegistrar {
    /** Made by its name in the configuration. */
    public KafkaRegistrar() {}

    @Override
    public void register(KryoRegistrations registrations) {
        registrations
                .addRecord(600, PeerRequests.Ask.class)
                .addRecord(601, PeerRequests.Answer.class);
    }
}
