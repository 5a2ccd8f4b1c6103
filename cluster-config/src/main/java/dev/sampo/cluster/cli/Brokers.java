package dev.sampo.cluster.cli;

import java.nio.file.Path;
import java.util.List;

/** What starts brokers: not known here, so that a command which only asks loads nothing of it. Both block. */
public interface Brokers {
    /** One broker for development, on this port of the loopback address or the next free one. */
    void dev(int port, String dataFolder, Terminal terminal);

    /** One broker from a configuration file. */
    void server(Path configFile, Terminal terminal);

    /**
     * For the launcher: the run from which the start-up cache of brokers is made.
     *
     * @param command run while a broker is there
     */
    void train(Path folder, List<String> command);
}
