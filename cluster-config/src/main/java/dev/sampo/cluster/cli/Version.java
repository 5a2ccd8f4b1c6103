package dev.sampo.cluster.cli;

import org.apache.kafka.common.utils.internals.AppInfoParser;

/**
 * What runs here.
 *
 * @param kafkaClients version of the Kafka client classes, whose protocol this speaks
 */
record Version(String sampo, String java, String kafkaClients) {
    static Version current() {
        String version = Version.class.getPackage().getImplementationVersion();
        return new Version(
                version == null ? "unreleased" : version, Runtime.version().toString(), AppInfoParser.getVersion());
    }
}
