package dev.sampo.cluster.cli;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * A text with places for a record's parts, as rpk writes them: {@code %k} key, {@code %v} value, {@code %h} headers
 * ({@code name=value,...}), {@code %t} topic, {@code %p} partition, {@code %o} offset, {@code %d} timestamp in ms,
 * {@code %e} leader epoch, {@code %%}; {@code \n \t \r \0 \\ \xHH} stand for characters.
 */
final class RecordFormat {
    private static final String ALL = "kvhtpode";

    private final List<Part> parts;

    private RecordFormat(List<Part> parts) {
        this.parts = parts;
    }

    /** One part of the text: bytes as they are, or a place; {@code place} is 0 for bytes. */
    @SuppressWarnings("ArrayRecordComponent")
    record Part(char place, byte[] bytes) {}

    /**
     * Reads the text.
     *
     * @throws CliException a place or escape that is not known
     */
    static RecordFormat parse(String text) {
        var parts = new ArrayList<Part>();
        var bytes = new ByteArrayOutputStream();
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            if (c == '\\') {
                i = escape(text, i, bytes);
            } else if (c != '%') {
                bytes.writeBytes(Character.toString(c).getBytes(UTF_8));
            } else if (i < text.length() && text.charAt(i) == '%') {
                bytes.write('%');
                i++;
            } else if (i < text.length() && ALL.indexOf(text.charAt(i)) >= 0) {
                flush(bytes, parts);
                parts.add(new Part(text.charAt(i), new byte[0]));
                i++;
            } else {
                throw CliException.usage(
                        "the format \"" + text + "\" has an unknown place at character " + i,
                        "%k %v %h %t %p %o %d %e, and %% for a percent sign");
            }
        }
        flush(bytes, parts);
        return new RecordFormat(List.copyOf(parts));
    }

    private static void flush(ByteArrayOutputStream bytes, List<Part> parts) {
        if (bytes.size() > 0) {
            parts.add(new Part('\0', bytes.toByteArray()));
            bytes.reset();
        }
    }

    /** Returns the index behind the escape. */
    private static int escape(String text, int at, ByteArrayOutputStream bytes) {
        char c = at < text.length() ? text.charAt(at) : ' ';
        switch (c) {
            case 'n' -> bytes.write('\n');
            case 't' -> bytes.write('\t');
            case 'r' -> bytes.write('\r');
            case '0' -> bytes.write(0);
            case '\\' -> bytes.write('\\');
            case 'x' -> {
                try {
                    bytes.write(Integer.parseInt(text.substring(at + 1, at + 3), 16));
                    return at + 3;
                } catch (IndexOutOfBoundsException | NumberFormatException e) {
                    throw CliException.usage("\\x in the format \"" + text + "\" needs two hexadecimal digits", "\\x1f");
                }
            }
            default -> throw CliException.usage(
                    "the format \"" + text + "\" has an unknown escape", "\\n \\t \\r \\0 \\\\ \\xHH");
        }
        return at + 1;
    }

    List<Part> parts() {
        return parts;
    }

    /** The record's text. Absent keys and values are empty. */
    byte[] format(ConsumerRecord<byte[], byte[]> consumed) {
        var text = new ByteArrayOutputStream();
        for (Part part : parts) {
            switch (part.place()) {
                case '\0' -> text.writeBytes(part.bytes());
                case 'k' -> append(text, consumed.key());
                case 'v' -> append(text, consumed.value());
                case 'h' -> headers(text, consumed);
                case 't' -> append(text, consumed.topic());
                case 'p' -> append(text, Integer.toString(consumed.partition()));
                case 'o' -> append(text, Long.toString(consumed.offset()));
                case 'd' -> append(text, Long.toString(consumed.timestamp()));
                case 'e' -> append(text, consumed.leaderEpoch().map(String::valueOf).orElse("-1"));
                default -> throw new IllegalStateException("place " + part.place());
            }
        }
        return text.toByteArray();
    }

    private static void headers(ByteArrayOutputStream text, ConsumerRecord<byte[], byte[]> consumed) {
        boolean isFirst = true;
        for (Header header : consumed.headers()) {
            append(text, (isFirst ? "" : ",") + header.key() + "=");
            append(text, header.value());
            isFirst = false;
        }
    }

    private static void append(ByteArrayOutputStream text, byte @Nullable [] bytes) {
        if (bytes != null) {
            text.writeBytes(bytes);
        }
    }

    private static void append(ByteArrayOutputStream text, String value) {
        text.writeBytes(value.getBytes(UTF_8));
    }
}
