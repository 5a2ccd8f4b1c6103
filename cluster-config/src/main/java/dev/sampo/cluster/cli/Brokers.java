package dev.sampo.cluster.cli;

import java.nio.file.Path;
import java.util.List;

/** What starts brokers: not known here, so that a command which only asks loads nothing of it. Both block. */
public interface Brokers {
    /** One broker for development, on these ports of the loopback address or the next free ones. */
    void dev(int port, int httpPort, String dataFolder, Terminal terminal);

    /**
     * A cluster for development: this many processes on the loopback address, on these ports and those that follow, or the
     * next free ones.
     */
    void devCluster(int brokers, int port, int httpPort, String dataFolder, Terminal terminal);

    /** One broker from a configuration file. */
    void server(Path configFile, Terminal terminal);

    /**
     * For the launcher: the run from which the start-up cache of brokers is made.
     *
     * @param command run while a broker is there
     */
    void train(Path folder, List<String> command);
}
