package dev.sampo.client.internal;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.Node;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.io.TcpSO;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Tcp;
import org.apache.pekko.util.ByteString;

/** Sockets, to any Kafka. */
record TcpTransport(ActorSystem system, ClientSettings settings) implements Transport {
    private static final int ANY = -1;

    @Override
    public Place place(Node broker) {
        return new Place(ANY, broker.host(), broker.port());
    }

    @Override
    public List<Place> bootstrap() {
        return settings.bootstrapServers().stream()
                .map(address -> new Place(ANY, address.getHostString(), address.getPort()))
                .toList();
    }

    @Override
    public Flow<ByteString, ByteString, ?> connect(Place place, Lane lane) {
        return Tcp.get(system).outgoingConnection(
                InetSocketAddress.createUnresolved(place.host(), place.port()),
                Optional.empty(),
                List.of(TcpSO.tcpNoDelay(true)),
                false,
                Optional.of(Duration.ofMillis(settings.connectTimeoutMs())),
                Optional.empty());
    }
}
