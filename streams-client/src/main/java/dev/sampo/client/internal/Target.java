package dev.sampo.client.internal;

/** The broker that a request is for. */
public sealed interface Target {
    /** Whichever broker can be reached; before the first metadata response one of the bootstrap servers. */
    static Target anyBroker() {
        return AnyBroker.INSTANCE;
    }

    /** The broker with this id, as the last metadata response names it. */
    static Target broker(int brokerId) {
        return new Broker(brokerId);
    }

    /** The coordinator of a consumer group; looked up and remembered by the client. */
    static Target group(String groupId) {
        return new Coordinator((byte) 0, groupId);
    }

    /** The coordinator of a transactional id; looked up and remembered by the client. */
    static Target transaction(String transactionalId) {
        return new Coordinator((byte) 1, transactionalId);
    }

    /** See {@link #anyBroker()}. */
    enum AnyBroker implements Target {
        INSTANCE
    }

    /** See {@link #broker(int)}. */
    record Broker(int brokerId) implements Target {}

    /**
     * See {@link #group(String)} and {@link #transaction(String)}.
     *
     * @param keyType 0 for a group, 1 for a transactional id
     */
    record Coordinator(byte keyType, String key) implements Target {}
}
