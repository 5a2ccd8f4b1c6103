package dev.sampo.client.internal;

import java.util.List;
import org.apache.kafka.common.Node;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.util.ByteString;

/** How the bytes of connections get to brokers. Thread-safe. */
interface Transport {
    /** Where a broker is found: an address, or (with an empty host) a member of the cluster. */
    record Place(int brokerId, String host, int port) {
        @Override
        public String toString() {
            return host.isEmpty() ? String.valueOf(brokerId) : host + ":" + port;
        }
    }

    /** The place of a broker that the metadata names. */
    Place place(Node broker);

    /** Where to begin, perhaps nowhere yet. */
    List<Place> bootstrap();

    /** A connection for requests of this lane; materialized once. */
    Flow<ByteString, ByteString, ?> connect(Place place, Lane lane);
}
