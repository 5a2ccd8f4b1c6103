package dev.sampo.cluster.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import static java.nio.charset.StandardCharsets.UTF_8;

/** {@code produce}. */
@Command(name = "produce", description = {
    "Write records from standard input to a topic: each line a value, unless --format says otherwise.",
    "Shows where each record went."})
final class Produce extends ClientCommand {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /** Names as typed. */
    enum Codec {
        none,
        gzip,
        snappy,
        lz4,
        zstd
    }

    @Parameters(arity = "0..1", paramLabel = "TOPIC", description = "Where to; not needed when the format has %%t.")
    private @Nullable String topic;

    @Option(names = {"-f", "--format"}, paramLabel = "FORMAT", description = {
        "How to read records: %%k key, %%v value, %%h headers (NAME=VALUE,...), %%t topic, %%p partition, %%d time in ms;",
        "\\n \\t \\\\ \\xHH. Default: '%%v\\n'."})
    private String format = "%v\n";

    @Option(names = {"-k", "--key"}, paramLabel = "KEY", description = "The key of every record whose input has none.")
    private @Nullable String key;

    @Option(names = {"-p", "--partition"}, paramLabel = "N", description = "Default: by the key, or spread.")
    private @Nullable Integer partition;

    @Option(names = {"-H", "--header"}, paramLabel = "NAME=VALUE", description = "A header of every record; repeatable.")
    private List<String> headers = List.of();

    @Option(names = {"-z", "--compression"}, paramLabel = "CODEC", description = "${COMPLETION-CANDIDATES}.")
    private Codec compression = Codec.none;

    @Option(names = "--acks", paramLabel = "ACKS", description = "all, 1 or 0. Default: all.")
    private String acks = "all";

    @Option(names = "--rate", paramLabel = "N", description = "At most so many records a second.")
    private @Nullable Integer rate;

    @Option(names = {"-Z", "--tombstone"}, description = "An empty value is a tombstone (null).")
    private boolean tombstone;

    private final List<CliException> failures = new ArrayList<>();
    private long sent;
    private boolean first = true;

    Produce(Terminal terminal) {
        super(terminal);
    }

    /** Where a record went; {@code offset} is -1 when the broker was not asked ({@code --acks 0}). */
    record Row(String topic, int partition, long offset, long timestampMs) {}

    @Override
    public Integer call() {
        List<RecordReader.Header> fixed = headers.stream().map(RecordReader::header).toList();
        var reader = new RecordReader(terminal.in(), format);
        check();
        if (topic != null) {
            Admin admin = connection.admin(terminal);
            try {
                Topics.describe(admin, topic); // a producer would make a topic of a typing error
            } finally {
                admin.close(Duration.ZERO);
            }
        }
        Map<String, Object> settings = connection.reach(terminal);
        settings.putIfAbsent(ProducerConfig.ACKS_CONFIG, acks);
        settings.putIfAbsent(ProducerConfig.COMPRESSION_TYPE_CONFIG, compression.name());
        settings.putIfAbsent(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, acks.equals("all"));
        settings.putIfAbsent(
                ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) connection.timeout().multipliedBy(3).toMillis());
        settings.putIfAbsent(ProducerConfig.MAX_BLOCK_MS_CONFIG, connection.timeout().toMillis());
        var bytes = new ByteArraySerializer();
        try (var producer = new KafkaProducer<>(settings, bytes, bytes)) {
            begin();
            send(producer, reader, fixed);
        } catch (KafkaException e) {
            throw Connection.isBadSetting(e) ? connection.refused(e) : Failures.of(e, "topic " + topic);
        } finally {
            end();
        }
        failures.stream().limit(5).forEach(failure -> terminal.err().print(failure.text()));
        if (failures.isEmpty()) {
            return ExitCode.OK;
        }
        terminal.err().print("sampo: " + failures.size() + " of " + (sent + failures.size()) + " records were not written\n");
        return sent > 0 ? ExitCode.PARTLY_DONE : failures.getFirst().exitCode();
    }

    private void check() {
        if (!List.of("all", "-1", "1", "0").contains(acks)) {
            throw CliException.usage("--acks " + acks + " is none of all, 1, 0", null);
        }
        if (rate != null && rate < 1) {
            throw CliException.usage("--rate " + rate + " is no number of records a second", "1 or more");
        }
        if (topic == null && !format.contains("%t")) {
            throw CliException.usage("no topic to write to", "sampo produce TOPIC, or %t in the format");
        }
    }

    private void send(KafkaProducer<byte[], byte[]> producer, RecordReader reader, List<RecordReader.Header> fixed) {
        long started = System.nanoTime();
        for (long count = 0; ; count++) {
            RecordReader.Input input;
            try {
                input = reader.next();
            } catch (IOException e) {
                throw CliException.failed("the input cannot be read: " + e.getMessage());
            }
            if (input == null) {
                producer.flush();
                return;
            }
            ProducerRecord<byte[], byte[]> made = toRecord(input, fixed);
            if (rate != null) {
                pace(started + count * NANOS_PER_SECOND / rate);
            }
            try {
                var _ = producer.send(made, (metadata, failure) -> answered(made.topic(), metadata, failure));
            } catch (KafkaException e) {
                answered(made.topic(), null, e);
            }
            if (terminal.inIsTerminal()) {
                producer.flush(); // someone types, and waits for the answer
            }
        }
    }

    private static void pace(long dueNanos) {
        for (long left = dueNanos - System.nanoTime(); left > 0; left = dueNanos - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private ProducerRecord<byte[], byte[]> toRecord(RecordReader.Input input, List<RecordReader.Header> fixed) {
        byte[] keyBytes = input.key() != null || key == null ? input.key() : key.getBytes(UTF_8);
        byte[] value = tombstone && input.value() != null && input.value().length == 0 ? null : input.value();
        String to = input.topic() != null ? input.topic() : topic;
        var made = new ProducerRecord<>(
                to, input.partition() != null ? input.partition() : partition, input.timestampMs(), keyBytes, value);
        fixed.forEach(header -> made.headers().add(new RecordHeader(header.name(), header.value())));
        input.headers().forEach(header -> made.headers().add(new RecordHeader(header.name(), header.value())));
        return made;
    }

    /** Called by the producer's thread, and by ours when it refuses at once. */
    private synchronized void answered(String to, @Nullable RecordMetadata metadata, @Nullable Exception failure) {
        if (failure != null) {
            failures.add(Failures.of(failure, "topic " + to));
            return;
        }
        if (metadata == null) {
            throw new IllegalStateException("neither written nor refused");
        }
        sent++;
        if (output.quiet()) {
            return;
        }
        var row = new Row(
                metadata.topic(), metadata.partition(), metadata.hasOffset() ? metadata.offset() : -1, metadata.timestamp());
        switch (output.format()) {
            case table -> terminal.out().print("written to " + row.topic() + " partition " + row.partition()
                    + (row.offset() < 0 ? "" : " offset " + row.offset()) + "\n");
            case json -> {
                terminal.out().print(first ? "" : ",\n");
                Json.element(terminal.out(), row);
                first = false;
            }
            case ndjson -> Json.line(terminal.out(), row);
        }
        if (terminal.outIsTerminal()) {
            terminal.out().flush();
        }
    }

    private void begin() {
        if (output.format() == Output.Format.json && !output.quiet()) {
            terminal.out().print("[\n");
        }
    }

    private synchronized void end() {
        if (output.format() == Output.Format.json && !output.quiet()) {
            terminal.out().print(first ? "]\n" : "\n]\n");
        }
        terminal.out().flush();
    }
}
