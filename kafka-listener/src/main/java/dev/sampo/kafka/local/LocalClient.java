package dev.sampo.kafka.local;

import dev.sampo.kafka.handler.ClientContext;
import java.net.InetAddress;

/** This process as a client. */
record LocalClient(String listener) implements ClientContext {
    @Override
    public long connectionId() {
        return -1;
    }

    @Override
    public InetAddress address() {
        return InetAddress.getLoopbackAddress();
    }

    @Override
    public String principal() {
        return "User:ANONYMOUS";
    }

    @Override
    public String softwareName() {
        return "sampo";
    }

    @Override
    public String softwareVersion() {
        return "";
    }

    @Override
    public void software(String name, String version) {
        // said above
    }
}
