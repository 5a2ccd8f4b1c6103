package dev.sampo.tests.oracle;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.ListConfigResourcesRequestData;
import org.jspecify.annotations.Nullable;

import static dev.sampo.tests.oracle.Catalogue.name;

/** DescribeConfigs, AlterConfigs, IncrementalAlterConfigs, ListConfigResources. */
final class ConfigRequests {
    private static final byte TOPIC = 2;
    private static final byte BROKER = 4;
    private static final byte GROUP = 32;
    private static final byte SET = 0;
    private static final byte DELETE = 1;
    private static final byte APPEND = 2;
    private static final byte SUBTRACT = 3;

    private final OracleRun run;
    private final Topics topics;

    ConfigRequests(OracleRun run, Topics topics) {
        this.run = run;
        this.topics = topics;
    }

    void run() {
        topics.create("configured", 1, Map.of("retention.ms", "3600000", "cleanup.policy", "compact,delete", "compression.type", "zstd"));
        for (int version = 1; version <= 4; version++) {
            describe(version);
        }
        for (int version = 0; version <= 1; version++) {
            alterIncrementally(version);
        }
        for (int version = 0; version <= 2; version++) {
            alter(version);
        }
        for (int version = 0; version <= 1; version++) {
            groups(version);
        }
        for (int version = 0; version <= 1; version++) {
            run.call(name("list-config-resources", version, "all"), version, new ListConfigResourcesRequestData());
        }
        for (int type : new int[] {TOPIC, BROKER, 8, 16, 32, 99}) {
            run.call(name("list-config-resources", 1, "type-" + type), 1, new ListConfigResourcesRequestData().setResourceTypes(List.of((byte) type)));
        }
    }

    private void describe(int version) {
        describe("all-of-topic", version, TOPIC, "configured", null);
        describe("all-of-plain-topic", version, TOPIC, ProduceRequests.LOG, null);
        describe("two-keys", version, TOPIC, "configured", List.of("retention.ms", "cleanup.policy"));
        describe("unknown-key", version, TOPIC, "configured", List.of("no.such.config"));
        describe("no-keys", version, TOPIC, "configured", List.of());
        describe("unknown-topic", version, TOPIC, "nowhere", null);
        describe("illegal-topic", version, TOPIC, "a/b", null);
        describe("broker-keys", version, BROKER, "1", List.of("node.id", "num.partitions", "message.max.bytes"));
        describe("broker-default", version, BROKER, "", List.of("min.insync.replicas"));
        describe("unknown-broker", version, BROKER, "77", null);
        describe("broker-not-a-number", version, BROKER, "one", null);
        describe("unknown-type", version, (byte) 99, "configured", null);
        run.call(name("describe-configs", version, "with-synonyms"), version,
                request(TOPIC, "configured", List.of("retention.ms", "segment.bytes", "min.insync.replicas")).setIncludeSynonyms(true));
        if (version >= 3) {
            run.call(name("describe-configs", version, "with-documentation"), version,
                    request(TOPIC, "configured", List.of("retention.ms")).setIncludeDocumentation(true));
        }
    }

    private void describe(String what, int version, byte type, String resource, @Nullable List<String> keys) {
        run.call(name("describe-configs", version, what), version, request(type, resource, keys));
    }

    private static DescribeConfigsRequestData request(byte type, String resource, @Nullable List<String> keys) {
        return new DescribeConfigsRequestData().setResources(List.of(
                new DescribeConfigsResource().setResourceType(type).setResourceName(resource).setConfigurationKeys(keys)));
    }

    private void alterIncrementally(int version) {
        String topic = "altered-" + version;
        topics.create(topic, 1, Map.of("cleanup.policy", "delete"));
        alter("set", version, topic, change("retention.ms", SET, "7200000"));
        awaitValue(topic, "retention.ms", "7200000");
        alter("append", version, topic, change("cleanup.policy", APPEND, "compact"));
        awaitValue(topic, "cleanup.policy", "delete,compact");
        alter("subtract", version, topic, change("cleanup.policy", SUBTRACT, "delete"));
        awaitValue(topic, "cleanup.policy", "compact");
        alter("delete", version, topic, change("retention.ms", DELETE, null));
        awaitValue(topic, "retention.ms", "604800000");
        alter("delete-not-set", version, topic, change("segment.bytes", DELETE, null));
        alter("append-to-a-number", version, topic, change("retention.ms", APPEND, "1"));
        alter("unknown-key", version, topic, change("no.such.config", SET, "1"));
        alter("malformed", version, topic, change("retention.ms", SET, "soon"));
        alter("out-of-range", version, topic, change("min.insync.replicas", SET, "0"));
        alter("null-value", version, topic, change("retention.ms", SET, null));
        alter("unknown-operation", version, topic, change("retention.ms", (byte) 9, "1"));
        alter("unknown-topic", version, "nowhere", change("retention.ms", SET, "1"));
        alter("same-key-twice", version, topic, change("retention.ms", SET, "1"), change("retention.ms", DELETE, null));
        alter("one-good-one-bad-key", version, topic, change("segment.ms", SET, "900000"), change("no.such.config", SET, "1"));
        run.call(name("incremental-alter-configs", version, "validate-only"), version,
                incremental(TOPIC, topic, change("retention.ms", SET, "60000")).setValidateOnly(true));
        run.call(name("incremental-alter-configs", version, "unknown-broker"), version, incremental(BROKER, "77", change("message.max.bytes", SET, "1000000")));
        run.call(name("incremental-alter-configs", version, "unknown-type"), version, incremental((byte) 99, topic, change("retention.ms", SET, "1")));
        run.call(name("incremental-alter-configs", version, "then-described"), 4, request(TOPIC, topic, null).setIncludeSynonyms(true));
    }

    private void groups(int version) {
        String group = "configured-group-" + version;
        describe("group-without-own", 3 + version, GROUP, group, null);
        describe("group-without-a-name", 3 + version, GROUP, "", null);
        alterGroup("group-set", version, group, change("consumer.session.timeout.ms", SET, "50000"), change("consumer.heartbeat.interval.ms", SET, "7000"));
        awaitValue(GROUP, group, "consumer.session.timeout.ms", "50000");
        run.call(name("describe-configs", 3 + version, "group-with-own"), 3 + version,
                request(GROUP, group, List.of("consumer.session.timeout.ms", "consumer.heartbeat.interval.ms", "consumer.assignment.interval.ms"))
                        .setIncludeSynonyms(true).setIncludeDocumentation(true));
        alterGroup("group-session-too-short", version, group, change("consumer.session.timeout.ms", SET, "1000"));
        alterGroup("group-heartbeats-too-rare", version, group, change("consumer.heartbeat.interval.ms", SET, "20000"));
        alterGroup("group-two-out-of-range", version, group, change("consumer.session.timeout.ms", SET, "1"), change("consumer.heartbeat.interval.ms", SET, "1"));
        alterGroup("group-assignments-too-rare", version, group, change("consumer.assignment.interval.ms", SET, "15001"));
        alterGroup("group-below-its-type", version, group, change("consumer.session.timeout.ms", SET, "0"));
        alterGroup("group-malformed", version, group, change("consumer.session.timeout.ms", SET, "soon"));
        alterGroup("group-unknown-key", version, group, change("no.such.config", SET, "1"));
        alterGroup("group-append-to-a-number", version, group, change("consumer.session.timeout.ms", APPEND, "1"));
        alterGroup("group-without-a-name", version, "", change("consumer.session.timeout.ms", SET, "50000"));
        run.call(name("incremental-alter-configs", version, "group-of-another-kind"), version,
                incremental(GROUP, group, change("share.session.timeout.ms", SET, "50000")).setValidateOnly(true));
        run.call(name("incremental-alter-configs", version, "group-validate-only"), version,
                incremental(GROUP, group, change("consumer.session.timeout.ms", SET, "60000")).setValidateOnly(true));
        run.call(name("list-config-resources", 1, "groups-" + version), 1, new ListConfigResourcesRequestData().setResourceTypes(List.of(GROUP)));
        alterGroup("group-delete", version, group, change("consumer.session.timeout.ms", DELETE, null), change("consumer.heartbeat.interval.ms", DELETE, null));
    }

    private void alterGroup(String what, int version, String group, IncrementalAlterConfigsRequestData.AlterableConfig... changes) {
        run.call(name("incremental-alter-configs", version, what), version, incremental(GROUP, group, changes));
    }

    private void awaitValue(String topic, String key, String value) {
        awaitValue(TOPIC, topic, key, value);
    }

    private void awaitValue(byte type, String resource, String key, String value) {
        run.await(() -> {
            DescribeConfigsResponseData answer = run.ask(4, request(type, resource, List.of(key)));
            return answer.results().stream().flatMap(result -> result.configs().stream()).anyMatch(config -> value.equals(config.value()));
        });
    }

    private void alter(String what, int version, String topic, IncrementalAlterConfigsRequestData.AlterableConfig... changes) {
        run.call(name("incremental-alter-configs", version, what), version, incremental(TOPIC, topic, changes));
    }

    private static IncrementalAlterConfigsRequestData.AlterableConfig change(String key, byte operation, @Nullable String value) {
        return new IncrementalAlterConfigsRequestData.AlterableConfig().setName(key).setConfigOperation(operation).setValue(value);
    }

    private static IncrementalAlterConfigsRequestData incremental(byte type, String resource, IncrementalAlterConfigsRequestData.AlterableConfig... changes) {
        var configs = new IncrementalAlterConfigsRequestData.AlterableConfigCollection();
        for (var change : changes) {
            configs.mustAdd(change);
        }
        var request = new IncrementalAlterConfigsRequestData();
        request.resources().add(new IncrementalAlterConfigsRequestData.AlterConfigsResource().setResourceType(type).setResourceName(resource).setConfigs(configs));
        return request;
    }

    private void alter(int version) {
        String topic = "replaced-" + version;
        topics.create(topic, 1, Map.of("retention.ms", "3600000", "segment.ms", "900000"));
        run.call(name("alter-configs", version, "replaces-all"), version, replacing(topic, "retention.ms", "7200000"));
        awaitValue(topic, "retention.ms", "7200000");
        run.call(name("alter-configs", version, "then-described"), 4, request(TOPIC, topic, List.of("retention.ms", "segment.ms")));
        run.call(name("alter-configs", version, "unknown-key"), version, replacing(topic, "no.such.config", "1"));
        run.call(name("alter-configs", version, "malformed"), version, replacing(topic, "retention.ms", "soon"));
        run.call(name("alter-configs", version, "unknown-topic"), version, replacing("nowhere", "retention.ms", "1"));
        run.call(name("alter-configs", version, "null-value"), version, replacing(topic, "retention.ms", null));
        run.call(name("alter-configs", version, "validate-only"), version, replacing(topic, "retention.ms", "60000").setValidateOnly(true));
        run.call(name("alter-configs", version, "still-as-before"), 4, request(TOPIC, topic, List.of("retention.ms", "segment.ms")));
    }

    private static AlterConfigsRequestData replacing(String topic, String key, @Nullable String value) {
        var request = new AlterConfigsRequestData();
        var resource = new AlterConfigsRequestData.AlterConfigsResource().setResourceType(TOPIC).setResourceName(topic);
        resource.configs().add(new AlterableConfig().setName(key).setValue(value));
        request.resources().add(resource);
        return request;
    }
}
