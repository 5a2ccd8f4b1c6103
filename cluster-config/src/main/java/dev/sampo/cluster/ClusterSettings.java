package dev.sampo.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import dev.sampo.persistence.metadata.MetadataLog.Member;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Which brokers make up the cluster that this one belongs to.
 *
 * @param voters who keeps the metadata when the cluster is formed, by broker id; empty for this broker alone
 * @param seeds where members of the cluster are asked to be let in, {@code host:port} of broker traffic
 */
record ClusterSettings(List<Member> voters, List<HostPort> seeds) {
    private static final String VOTERS = "sampo.cluster.voters";
    private static final String SEEDS = "sampo.cluster.seeds";
    private static final String KAFKAS_VOTERS = "controller.quorum.voters";

    /** An address in a setting. */
    record HostPort(String host, int port) {
        /** {@code host:port}, IPv6 in brackets. */
        static HostPort parse(String setting, String text) {
            int colon = text.lastIndexOf(':');
            try {
                int port = Integer.parseInt(text.substring(colon + 1));
                if (colon > 0 && port > 0 && port <= 65_535) {
                    return new HostPort(text.substring(0, colon).replaceAll("^\\[|\\]$", ""), port);
                }
            } catch (NumberFormatException e) {
                // told below
            }
            throw new StartException(setting + " holds \"" + text + "\": write host:port, for example broker-1:7355");
        }

        @Override
        public String toString() {
            return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /** Of a configuration that {@link #completed} made. */
    static ClusterSettings of(Config config) {
        return new ClusterSettings(
                voters(VOTERS, texts(config, VOTERS)),
                texts(config, SEEDS).stream().map(text -> HostPort.parse(SEEDS, text)).toList());
    }

    /** Whether other brokers are named. */
    boolean alone(int nodeId) {
        return seeds.isEmpty() && voters.stream().allMatch(voter -> voter.nodeId() == nodeId);
    }

    /**
     * A broker's own configuration with what follows from the voters: Kafka's name for them, and where this broker
     * listens when it is one of them and does not say otherwise.
     *
     * @param own Sampo's names as the owner set them, without defaults
     * @param kafka the file's values under Kafka's names
     */
    static Config completed(Config own, Map<String, String> kafka, int nodeId) {
        Config config = own;
        String kafkas = kafka.getOrDefault(KAFKAS_VOTERS, "");
        if (!kafkas.isBlank() && !config.hasPath(VOTERS)) {
            voters(KAFKAS_VOTERS, split(kafkas)); // its name in the message
            config = config.withValue(VOTERS, ConfigValueFactory.fromIterable(split(kafkas)));
        }
        for (Member voter : voters(VOTERS, texts(config, VOTERS))) {
            if (voter.nodeId() == nodeId) {
                HostPort address = HostPort.parse(VOTERS, voter.address());
                config = config.withFallback(ConfigFactory.parseMap(Map.of(
                        "sampo.raft.host", address.host(), "sampo.raft.port", address.port(),
                        "sampo.remoting.host", address.host(), "sampo.replication.host", address.host())));
            }
        }
        if (!config.hasPath(SEEDS) && config.hasPath(VOTERS)) {
            // One broker for each machine: their ports for broker traffic are the same as this one's.
            int port = config.hasPath("sampo.remoting.port") ? config.getInt("sampo.remoting.port") : 7355;
            List<Member> voters = voters(VOTERS, texts(config, VOTERS));
            if (voters.stream().anyMatch(voter -> voter.nodeId() != nodeId)) {
                config = config.withValue(SEEDS, ConfigValueFactory.fromIterable(voters.stream()
                        .map(voter -> new HostPort(HostPort.parse(VOTERS, voter.address()).host(), port).toString())
                        .distinct()
                        .toList()));
            }
        }
        if (of(config).alone(nodeId) && !config.hasPath("sampo.replication.port")) {
            // Nobody copies from it: a port that several brokers of one machine would quarrel about is not needed.
            config = config.withValue("sampo.replication.port", ConfigValueFactory.fromAnyRef(0));
        }
        return config;
    }

    /**
     * The id of a cluster that its owner gave none, the same on all brokers that name the same voters; null when they name
     * none.
     */
    static @Nullable String derivedClusterId(Config completed) {
        List<Member> voters = voters(VOTERS, texts(completed, VOTERS));
        if (voters.isEmpty()) {
            return null;
        }
        String all = voters.stream()
                .map(voter -> voter.nodeId() + "@" + voter.address()).sorted().collect(Collectors.joining(","));
        for (int attempt = 0; ; attempt++) {
            ByteBuffer bytes = ByteBuffer.allocate(16);
            UUID hash = UUID.nameUUIDFromBytes((attempt + ":" + all).getBytes(StandardCharsets.UTF_8));
            bytes.putLong(hash.getMostSignificantBits()).putLong(hash.getLeastSignificantBits()).flip();
            String id = new Uuid(bytes.getLong(), bytes.getLong()).toString();
            if (!id.startsWith("-")) { // tools would take it for an option
                return id;
            }
        }
    }

    private static List<Member> voters(String setting, List<String> texts) {
        var voters = new ArrayList<Member>();
        for (String text : texts) {
            int at = text.indexOf('@');
            int nodeId;
            try {
                nodeId = Integer.parseInt(text.substring(0, Math.max(0, at)));
            } catch (NumberFormatException e) {
                throw new StartException(
                        setting + " holds \"" + text + "\": write id@host:port, for example 1@broker-1:7356", e);
            }
            if (voters.stream().anyMatch(voter -> voter.nodeId() == nodeId)) {
                throw new StartException(setting + " names broker " + nodeId + " twice: name each broker once");
            }
            voters.add(new Member(nodeId, HostPort.parse(setting, text.substring(at + 1)).toString(), true));
        }
        return voters;
    }

    /** A list, or, as a properties file has it, one text with commas. */
    private static List<String> texts(Config config, String path) {
        if (!config.hasPath(path)) {
            return List.of();
        }
        return config.getValue(path).valueType() == ConfigValueType.LIST
                ? config.getStringList(path).stream().map(String::strip).toList()
                : split(config.getString(path));
    }

    private static List<String> split(String text) {
        return Arrays.stream(text.split(",", -1)).map(String::strip).filter(part -> !part.isEmpty()).toList();
    }
}
