package dev.sampo.kafka.handler;

import java.net.InetAddress;

/** What is known of a connection. Mutable parts belong to the connection's loop. */
public interface ClientContext {
    /** Unique within this broker's run; never reused. */
    long connectionId();

    /** The peer's address. */
    InetAddress address();

    /** The host as groups and their tools know it: a slash and the address, or the name of a node of the cluster. */
    default String host() {
        return "/" + address().getHostAddress();
    }

    /** Name of the listener the client came in on: the endpoints it is told are those of this listener. */
    String listener();

    /** Whether it came in on the listener that only brokers know, where replicas may fetch. */
    default boolean internal() {
        return false;
    }

    /** Kafka's form {@code User:ANONYMOUS} until authentication comes. */
    String principal();

    /** From ApiVersions 3 on, empty before. */
    String softwareName();

    /** From ApiVersions 3 on, empty before. */
    String softwareVersion();

    /** Called by the ApiVersions handler. */
    void software(String name, String version);
}
