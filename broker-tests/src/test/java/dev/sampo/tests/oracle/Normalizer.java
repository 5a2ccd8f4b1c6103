package dev.sampo.tests.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.apache.kafka.common.Uuid;

/**
 * Replaces what differs between two runs of one broker by words: ids that were given out, times, addresses, folders, texts for
 * people. What is replaced is checked as far as it can be: an id must be the one learned before, a host the one connected to.
 * Objects in arrays are sorted, since most brokers answer from hash maps.
 */
final class Normalizer {
    /** Keys of the APIs that Sampo serves; the table of ApiVersions is compared for these alone. */
    static final Set<Integer> SERVED = Set.of(
            0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 32, 33, 35, 37, 42, 44, 47, 60, 61, 68, 69,
            74, 75);

    private static final Set<String> TEXTS = Set.of("errorMessage", "batchIndexErrorMessage", "documentation");
    private static final Set<String> CLOCK = Set.of("logAppendTimeMs", "lastTimestamp");
    private static final Set<String> RECORD_TIMES = Set.of("timestamp", "maxTimestamp");
    private static final Set<String> EPOCHS = Set.of("leaderEpoch", "committedLeaderEpoch", "partitionLeaderEpoch");
    /** A member id that was given out, seen before its owner got it: client id and UUID. */
    private static final Pattern GIVEN_MEMBER_ID = Pattern.compile("^(.+)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$");
    private static final Set<String> KNOWN_IDS = Set.of(Uuid.ZERO_UUID.toString(), Topics.UNKNOWN_ID.toString());
    /** Arrays whose order means something. */
    private static final Set<String> ORDERED = Set.of("records", "synonyms");

    private final String host;
    private final int port;
    private final long baseTimeMs;
    private final Map<String, String> labels = new HashMap<>();
    private final Map<Long, String> producers = new HashMap<>();
    private final Set<Integer> leaderEpochs = new HashSet<>();

    Normalizer(String host, int port, long baseTimeMs) {
        this.host = host;
        this.port = port;
        this.baseTimeMs = baseTimeMs;
    }

    /** From now on this id reads as {@code <label>}. */
    void learn(String id, String label) {
        if (!id.isEmpty()) {
            labels.put(id, "<" + label + ">");
        }
    }

    void learnLeaderEpoch(int leaderEpoch) {
        leaderEpochs.add(leaderEpoch);
    }

    void learnProducer(long producerId, String label) {
        producers.put(producerId, "<" + label + ">");
    }

    JsonNode normalize(JsonNode json) {
        return value("", json);
    }

    private JsonNode value(String field, JsonNode node) {
        return switch (node) {
            case ObjectNode object -> object(object);
            case ArrayNode array -> array(field, array);
            default -> node.isNumber() ? number(field, node) : node.isTextual() ? text(field, node.textValue()) : node;
        };
    }

    private JsonNode object(ObjectNode object) {
        ObjectNode result = JsonNodeFactory.instance.objectNode();
        boolean internal = object.path("name").asText().startsWith("__");
        object.properties().forEach(entry -> {
            if (internal && entry.getKey().equals("partitions") && entry.getValue().findValue("partitionSize") != null) {
                result.put("partitions", "<sizes of an internal topic>");
            } else {
                result.set(entry.getKey(), value(entry.getKey(), entry.getValue()));
            }
        });
        return result;
    }

    private JsonNode array(String field, ArrayNode array) {
        List<JsonNode> values = new ArrayList<>(StreamSupport.stream(array.spliterator(), false)
                .filter(element -> !field.equals("apiKeys") || SERVED.contains(element.get("apiKey").intValue()))
                .map(element -> value(field, element))
                .toList());
        if (!ORDERED.contains(field) && values.stream().allMatch(JsonNode::isObject)) {
            values.sort(Comparator.comparing(JsonNode::toString));
        }
        return JsonNodeFactory.instance.arrayNode().addAll(values);
    }

    private JsonNode number(String field, JsonNode node) {
        long value = node.longValue();
        if (field.equals("throttleTimeMs")) {
            return JsonNodeFactory.instance.numberNode(0);
        }
        if (field.equals("port") && value == port) {
            return TextNode.valueOf("<port>");
        }
        if (field.equals("sessionId") && value > 0) {
            return TextNode.valueOf("<session>");
        }
        if (field.equals("finalizedFeaturesEpoch") && value >= 0) {
            return TextNode.valueOf("<features epoch>");
        }
        if ((field.equals("totalBytes") || field.equals("usableBytes")) && value > 0) {
            return TextNode.valueOf("<bytes>");
        }
        if (field.equals("producerId") && value >= 0) {
            return TextNode.valueOf(producers.getOrDefault(value, "<new producer>"));
        }
        if (EPOCHS.contains(field) && leaderEpochs.contains((int) value)) {
            return TextNode.valueOf("<leader epoch>");
        }
        if (CLOCK.contains(field) && value > 0) {
            return TextNode.valueOf("<time>");
        }
        if (RECORD_TIMES.contains(field) && value > 0) {
            long offsetMs = value - baseTimeMs;
            return TextNode.valueOf(offsetMs >= 0 && offsetMs < 60_000 ? "<base time + " + offsetMs + ">" : "<time>");
        }
        return node;
    }

    private JsonNode text(String field, String value) {
        if (TEXTS.contains(field)) {
            return value.isEmpty() ? JsonNodeFactory.instance.nullNode() : TextNode.valueOf("<text>");
        }
        if (field.equals("clusterId")) {
            return TextNode.valueOf("<cluster id>");
        }
        if (field.equals("logDir")) {
            return TextNode.valueOf("<log dir>");
        }
        if (field.equals("host") && value.equals(host)) {
            return TextNode.valueOf("<host>");
        }
        String label = labels.get(value);
        if (label == null && field.equals("memberId")) {
            return TextNode.valueOf(GIVEN_MEMBER_ID.matcher(value).replaceFirst("<member $1>"));
        }
        if (label == null && field.equals("topicId") && !KNOWN_IDS.contains(value)) {
            return TextNode.valueOf("<new id>");
        }
        return TextNode.valueOf(label == null ? value : label);
    }
}
