package dev.sampo.kafka.connection;

import dev.sampo.kafka.handler.ClientContext;
import java.net.InetAddress;

/** What one connection knows of its client. */
final class ConnectionClient implements ClientContext {
    private final long connectionId;
    private final InetAddress address;
    private final String host;
    private final String listener;
    private final boolean internal;
    private String softwareName = "";
    private String softwareVersion = "";

    ConnectionClient(long connectionId, InetAddress address, String host, String listener, boolean internal) {
        this.connectionId = connectionId;
        this.address = address;
        this.host = host;
        this.listener = listener;
        this.internal = internal;
    }

    @Override
    public long connectionId() {
        return connectionId;
    }

    @Override
    public InetAddress address() {
        return address;
    }

    @Override
    public String host() {
        return host;
    }

    @Override
    public String listener() {
        return listener;
    }

    @Override
    public boolean internal() {
        return internal;
    }

    @Override
    public String principal() {
        return "User:ANONYMOUS";
    }

    @Override
    public String softwareName() {
        return softwareName;
    }

    @Override
    public String softwareVersion() {
        return softwareVersion;
    }

    @Override
    public void software(String name, String version) {
        softwareName = name;
        softwareVersion = version;
    }
}
