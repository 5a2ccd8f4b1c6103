package dev.sampo.kafka.connection;

import dev.sampo.actors.loop.SelectorLoop;
import dev.sampo.actors.loop.SocketTransport;
import dev.sampo.actors.loop.Transport;
import java.io.IOException;
import java.nio.channels.SocketChannel;

/** Makes the transport of one connection, on its loop. */
@FunctionalInterface
interface TransportOpener {
    /** Fails when the peer is gone already; then nothing is left open. */
    Transport open(SelectorLoop loop, Transport.Owner owner) throws IOException;

    /** Takes over an accepted channel. */
    static TransportOpener of(SocketChannel channel) {
        return (loop, owner) -> {
            try {
                return new SocketTransport(loop, channel, owner);
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        };
    }
}
