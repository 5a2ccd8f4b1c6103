package dev.sampo.cluster;

import dev.sampo.actors.protocol.Controller.Endpoint;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Addresses that this broker is to listen on: whether it can, and if not what is wrong and which setting holds it. */
final class ListenAddress {
    private ListenAddress() {}

    /** Before anything is started, so that the answer comes at once and the libraries have nothing to complain of. */
    static void check(String what, String host, int port, String setting) {
        if (port == 0) {
            return;
        }
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(host, port));
        } catch (IOException e) {
            throw new StartException(what + ": " + cannotListen(host, port, setting, e), e);
        }
    }

    /** What is wrong with an address, and which setting holds it. */
    static String cannotListen(String host, int port, String setting, Exception failure) {
        Throwable cause = failure;
        while (cause.getCause() != null && !(cause instanceof BindException)) {
            cause = cause.getCause();
        }
        boolean inUse = String.valueOf(cause.getMessage()).contains("in use");
        return inUse
                ? "port " + port + " is taken" + PortOwner.find(port).map(owner -> " by " + owner).orElse("")
                        + ": stop that one, or set another port with " + setting
                : "cannot listen on " + host + ":" + port + " (" + cause.getMessage()
                        + "): set an address of this machine and a port that this user may take with " + setting;
    }

    /** Empty stands for all addresses of this machine. */
    static String host(Endpoint endpoint) {
        return endpoint.host().isEmpty() ? "0.0.0.0" : endpoint.host();
    }
}
