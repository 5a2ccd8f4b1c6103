package dev.sampo.tests.chaos.cluster;

/** Where one broker is reached; fixed over restarts. */
record NodeAddress(int id, String host, int clientPort, int remotingPort, int raftPort, int replicationPort, int httpPort) {
    /** Ports of one node. */
    static final int PORTS = 5;

    static NodeAddress at(int id, String host, int firstPort) {
        return new NodeAddress(id, host, firstPort, firstPort + 1, firstPort + 2, firstPort + 3, firstPort + 4);
    }

    String client() {
        return host + ":" + clientPort;
    }
}
