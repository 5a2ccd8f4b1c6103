package dev.sampo.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a loopback port while nobody listens on it: who connects is refused, and the system gives the port to no one
 * else. A socket that is bound and does not listen does that on Linux; where it cannot be had, the port is free as usual.
 */
final class HeldPort implements AutoCloseable {
    private final @Nullable SocketChannel holder;

    HeldPort(int port) {
        holder = hold(port);
    }

    private static @Nullable SocketChannel hold(int port) {
        try {
            SocketChannel channel = SocketChannel.open();
            try {
                channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
                channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                return channel;
            } catch (IOException e) {
                channel.close();
                return null;
            }
        } catch (IOException e) {
            return null;
        }
    }

    @Override
    public void close() throws IOException {
        if (holder != null) {
            holder.close();
        }
    }
}
