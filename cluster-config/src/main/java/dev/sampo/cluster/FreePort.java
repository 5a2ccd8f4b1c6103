package dev.sampo.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Ports of the loopback address that nobody listens on. */
final class FreePort {
    private static final int TRIES = 100;

    private FreePort() {}

    /** The first free port from {@code port} on. */
    static int from(int port) {
        for (int candidate = port; candidate < port + TRIES && candidate <= 65_535; candidate++) {
            if (isFree(candidate)) {
                return candidate;
            }
        }
        throw new StartException("no free port from " + port + " to " + Math.min(65_535, port + TRIES - 1)
                + ": name another one with --port");
    }

    private static boolean isFree(int port) {
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
