package dev.sampo.cluster.cli;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Cuts a stream into records by a {@link RecordFormat}: each place reaches to where the text behind it stands. */
final class RecordReader {
    private static final String READABLE = "kvhtpd";
    private static final int BUFFER_BYTES = 64 * 1024;

    private final InputStream in;
    private final List<RecordFormat.Part> parts;
    private long number;

    /** {@code places} that are not in the format stay null. */
    @SuppressWarnings("ArrayRecordComponent")
    record Input(
            byte @Nullable [] key,
            byte @Nullable [] value,
            List<Header> headers,
            @Nullable String topic,
            @Nullable Integer partition,
            @Nullable Long timestampMs) {}

    /** One header. */
    @SuppressWarnings("ArrayRecordComponent")
    record Header(String name, byte[] value) {}

    RecordReader(InputStream in, String format) {
        this.in = new BufferedInputStream(in, BUFFER_BYTES);
        var read = new ArrayList<RecordFormat.Part>();
        for (RecordFormat.Part part : RecordFormat.parse(format).parts()) {
            if (part.place() != '\0' && READABLE.indexOf(part.place()) < 0) {
                throw CliException.usage(
                        "%" + part.place() + " cannot be read", "%k %v %h %t %p %d");
            }
            if (part.place() != '\0' && !read.isEmpty() && read.getLast().place() != '\0') {
                throw CliException.usage(
                        "nothing stands between %" + read.getLast().place() + " and %" + part.place()
                                + ", so no one can tell where the first one ends", "a separator, as in '%k %v\\n'");
            }
            read.add(part);
        }
        if (read.isEmpty() || read.stream().allMatch(part -> part.place() == '\0')) {
            throw CliException.usage("the format has no place for a record's part", "'%v\\n' or '%k %v\\n'");
        }
        if (read.getLast().place() != '\0') { // a line each
            read.add(new RecordFormat.Part('\0', new byte[] {'\n'}));
        }
        parts = List.copyOf(read);
    }

    /** The next record, null at the end of the stream. The last separator may be missing. */
    @Nullable Input next() throws IOException {
        in.mark(1);
        if (in.read() < 0) {
            return null;
        }
        in.reset();
        number++;
        byte[] key = null;
        byte[] value = null;
        List<Header> headers = List.of();
        String topic = null;
        Integer partition = null;
        Long timestampMs = null;
        for (int i = 0; i < parts.size(); i++) {
            RecordFormat.Part part = parts.get(i);
            if (part.place() == '\0') {
                if (i == 0) { // every other text ended the place before it
                    expect(part.bytes());
                }
                continue;
            }
            byte[] bytes = upTo(parts.get(i + 1).bytes(), i + 2 == parts.size());
            switch (part.place()) {
                case 'k' -> key = bytes;
                case 'v' -> value = bytes;
                case 'h' -> headers = headers(bytes);
                case 't' -> topic = new String(bytes, UTF_8);
                case 'p' -> partition = (int) number("partition", bytes, Integer.MAX_VALUE);
                default -> timestampMs = number("timestamp", bytes, Long.MAX_VALUE);
            }
        }
        return new Input(key, value, headers, topic, partition, timestampMs);
    }

    private void expect(byte[] text) throws IOException {
        if (!Arrays.equals(in.readNBytes(text.length), text)) {
            throw mismatch("\"" + new String(text, UTF_8) + "\" is missing");
        }
    }

    private byte[] upTo(byte[] end, boolean isLast) throws IOException {
        var bytes = new ByteArrayOutputStream();
        byte last = end[end.length - 1];
        while (true) {
            int next = in.read();
            if (next < 0) {
                if (isLast) {
                    return bytes.toByteArray();
                }
                throw mismatch("it ends before \"" + new String(end, UTF_8).replace("\n", "\\n") + "\"");
            }
            bytes.write(next);
            if ((byte) next == last && bytes.size() >= end.length) {
                byte[] all = bytes.toByteArray();
                int length = all.length - end.length;
                if (Arrays.equals(all, length, all.length, end, 0, end.length)) {
                    return Arrays.copyOf(all, length);
                }
            }
        }
    }

    private List<Header> headers(byte[] bytes) {
        if (bytes.length == 0) {
            return List.of();
        }
        var headers = new ArrayList<Header>();
        for (String text : new String(bytes, UTF_8).split(",", -1)) {
            headers.add(header(text));
        }
        return headers;
    }

    /** {@code name=value}. */
    static Header header(String text) {
        int equals = text.indexOf('=');
        if (equals <= 0) {
            throw CliException.usage("\"" + text + "\" is no header", "NAME=VALUE");
        }
        return new Header(text.substring(0, equals), text.substring(equals + 1).getBytes(UTF_8));
    }

    private long number(String what, byte[] bytes, long largest) {
        try {
            long value = Long.parseLong(new String(bytes, UTF_8));
            if (value >= 0 && value <= largest) {
                return value;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw mismatch("\"" + new String(bytes, UTF_8) + "\" is no " + what);
    }

    private CliException mismatch(String what) {
        return new CliException(
                ExitCode.FAILED, null, "record " + number + " of the input does not fit the format", what,
                "another --format; the records before it were sent");
    }
}
