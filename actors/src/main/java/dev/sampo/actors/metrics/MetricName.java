package dev.sampo.actors.metrics;

import java.util.List;
import java.util.regex.Pattern;
import javax.management.ObjectName;

/**
 * What something measured is called, in Kafka's words.
 *
 * @param domain {@code kafka.server} and the like
 * @param name empty when the type alone names it
 * @param tags in order
 */
public record MetricName(String domain, String type, String name, List<Tag> tags) {
    private static final Pattern PLAIN = Pattern.compile("[\\w\\-%. \\t]*");

    /** A key and its value. */
    public record Tag(String key, String value) {}

    public MetricName {
        tags = List.copyOf(tags);
    }

    /** {@code tags} are keys and values in turn. */
    public static MetricName of(String domain, String type, String name, String... tags) {
        var list = new Tag[tags.length / 2];
        for (int i = 0; i < list.length; i++) {
            list[i] = new Tag(tags[2 * i], tags[2 * i + 1]);
        }
        return new MetricName(domain, type, name, List.of(list));
    }

    /** The value of a tag, empty when there is none. */
    public String tag(String key) {
        return tags.stream().filter(tag -> tag.key().equals(key)).map(Tag::value).findFirst().orElse("");
    }

    /** {@code domain:type=…,name=…,tags}: the text that rules of exporters match. */
    public String objectName() {
        var text = new StringBuilder(64).append(domain).append(":type=").append(type);
        if (!name.isEmpty()) {
            text.append(",name=").append(name);
        }
        for (Tag tag : tags) {
            text.append(',').append(tag.key()).append('=').append(
                    PLAIN.matcher(tag.value()).matches() ? tag.value() : ObjectName.quote(tag.value()));
        }
        return text.toString();
    }
}
