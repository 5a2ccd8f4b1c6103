package dev.sampo.cluster.cli;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

import static java.nio.charset.StandardCharsets.UTF_8;

/** One reading of a topic, from its first position to its last. */
final class ConsumeRun {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final long STOP_LIMIT_MS = 2_000;

    private final Terminal terminal;
    private final Output output;
    private final Connection connection;
    private final Request request;
    private final RecordFormat format;
    private final Map<TopicPartition, Long> ends = new HashMap<>();
    private final Map<TopicPartition, OffsetAndMetadata> shown = new HashMap<>();
    private long count;

    /** What is asked for; {@code from} and {@code until} null for no limit. */
    record Request(
            String topic,
            List<Integer> partitions,
            @Nullable String group,
            @Nullable Position from,
            @Nullable Position until,
            long num,
            @Nullable Pattern grep) {}

    /** One header; {@code encoding} as in {@link Row}. */
    record Header(String name, @Nullable String value, @Nullable String encoding) {}

    /**
     * One record. Bytes that are UTF-8 are shown as text, others in base 64, as {@code keyEncoding} and
     * {@code valueEncoding} say ("utf-8", "base64"; null without key or value).
     */
    record Row(
            String topic,
            int partition,
            long offset,
            long timestampMs,
            @Nullable String key,
            @Nullable String keyEncoding,
            @Nullable String value,
            @Nullable String valueEncoding,
            List<Header> headers) {}

    ConsumeRun(Terminal terminal, Output output, Connection connection, Request request, RecordFormat format) {
        this.terminal = terminal;
        this.output = output;
        this.connection = connection;
        this.request = request;
        this.format = format;
    }

    int run() {
        check();
        var stopped = new CountDownLatch(1);
        var bytes = new ByteArrayDeserializer();
        try (var consumer = new KafkaConsumer<>(settings(), bytes, bytes)) {
            var stop = new Thread(() -> {
                consumer.wakeup();
                awaitQuietly(stopped);
            }, "sampo-stop-consumer");
            Runtime.getRuntime().addShutdownHook(stop);
            try {
                read(consumer);
            } catch (WakeupException e) {
                return ExitCode.OK; // Ctrl-C
            } finally {
                removeHook(stop);
            }
        } catch (KafkaException e) {
            if (Thread.interrupted() || e instanceof InterruptException) {
                return ExitCode.OK;
            }
            throw Connection.isBadSetting(e) ? connection.refused(e) : Failures.of(e, "topic " + request.topic());
        } finally {
            stopped.countDown();
        }
        return ExitCode.OK;
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // it runs already
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await(STOP_LIMIT_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void check() {
        if (request.group() == null) {
            return;
        }
        if (!request.partitions().isEmpty()) {
            throw CliException.usage("a group's members share the partitions by themselves", "--partition or --group, not both");
        }
        if (request.from() != null && !(request.from() instanceof Position.Start || request.from() instanceof Position.End)) {
            throw CliException.usage(
                    "a group begins where it is; --offset start or end only says where it has no offset",
                    "sampo group seek " + request.group() + " --to POSITION moves the group");
        }
    }

    private Map<String, Object> settings() {
        Map<String, Object> settings = connection.reach(terminal);
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, request.from() instanceof Position.End ? "latest" : "earliest");
        if (request.group() != null) {
            settings.put(ConsumerConfig.GROUP_ID_CONFIG, request.group());
        } else {
            settings.remove(ConsumerConfig.GROUP_ID_CONFIG);
        }
        return settings;
    }

    private void read(KafkaConsumer<byte[], byte[]> consumer) {
        List<TopicPartition> all = partitions(consumer);
        if (request.until() != null) {
            ends.putAll(positions(consumer, all, request.until()));
        }
        if (request.group() == null) {
            consumer.assign(all);
            Position from = request.from() == null ? new Position.Start() : request.from();
            positions(consumer, all, from).forEach(consumer::seek);
        } else {
            consumer.subscribe(List.of(request.topic()));
        }
        boolean isArray = output.format() == Output.Format.json && !output.quiet();
        terminal.out().print(isArray ? "[" : "");
        try {
            while (count < request.num() && !isAtEnd(consumer) && !terminal.out().checkError()) {
                for (ConsumerRecord<byte[], byte[]> each : consumer.poll(POLL)) {
                    take(each);
                    if (count == request.num()) {
                        break;
                    }
                }
                terminal.out().flush();
                if (request.group() != null && !shown.isEmpty()) {
                    consumer.commitSync(shown);
                    shown.clear();
                }
            }
        } finally {
            terminal.out().print(isArray ? "\n]\n" : "");
            terminal.out().flush();
        }
    }

    private List<TopicPartition> partitions(KafkaConsumer<byte[], byte[]> consumer) {
        Set<Integer> numbers = consumer.partitionsFor(request.topic(), connection.timeout()).stream()
                .map(info -> info.partition())
                .collect(Collectors.toCollection(HashSet::new));
        if (numbers.isEmpty()) {
            throw Failures.of(
                    new org.apache.kafka.common.errors.UnknownTopicOrPartitionException(), "topic " + request.topic());
        }
        for (int partition : request.partitions()) {
            if (!numbers.contains(partition)) {
                throw CliException.notFound(
                        "topic " + request.topic() + " has no partition " + partition,
                        "0 to " + (numbers.size() - 1));
            }
        }
        return numbers.stream()
                .filter(number -> request.partitions().isEmpty() || request.partitions().contains(number))
                .sorted()
                .map(number -> new TopicPartition(request.topic(), number))
                .toList();
    }

    /** The offset of a position in each partition; past the end of a log, its end. */
    private static Map<TopicPartition, Long> positions(
            KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> partitions, Position position) {
        return switch (position) {
            case Position.Start() -> consumer.beginningOffsets(partitions);
            case Position.End() -> consumer.endOffsets(partitions);
            case Position.At(long offset) -> partitions.stream().collect(Collectors.toMap(p -> p, _ -> offset));
            case Position.BeforeEnd(long records) -> {
                Map<TopicPartition, Long> starts = consumer.beginningOffsets(partitions);
                var offsets = new HashMap<TopicPartition, Long>();
                consumer.endOffsets(partitions).forEach((partition, end) ->
                        offsets.put(partition, Math.max(starts.getOrDefault(partition, 0L), end - records)));
                yield offsets;
            }
            case Position.Time(long timestampMs) -> {
                var offsets = new HashMap<>(consumer.endOffsets(partitions));
                Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(
                        partitions.stream().collect(Collectors.toMap(p -> p, _ -> timestampMs)));
                found.forEach((partition, at) -> {
                    if (at != null) {
                        offsets.put(partition, at.offset());
                    }
                });
                yield offsets;
            }
        };
    }

    private boolean isAtEnd(KafkaConsumer<byte[], byte[]> consumer) {
        if (request.until() == null || consumer.assignment().isEmpty()) {
            return false;
        }
        for (TopicPartition partition : consumer.assignment()) {
            if (consumer.position(partition, connection.timeout()) < ends.getOrDefault(partition, 0L)) {
                return false;
            }
        }
        return true;
    }

    private void take(ConsumerRecord<byte[], byte[]> each) {
        var partition = new TopicPartition(each.topic(), each.partition());
        if (request.until() != null && each.offset() >= ends.getOrDefault(partition, Long.MAX_VALUE)) {
            return;
        }
        shown.put(partition, new OffsetAndMetadata(each.offset() + 1));
        if (!Consume.matches(request.grep(), each.value()) && !Consume.matches(request.grep(), each.key())) {
            return;
        }
        if (output.isTable()) {
            byte[] text = format.format(each);
            terminal.out().write(text, 0, text.length);
        } else if (output.format() == Output.Format.json && !output.quiet()) {
            terminal.out().print(count == 0 ? "\n" : ",\n");
            Json.element(terminal.out(), row(each));
        } else if (!output.quiet()) {
            Json.line(terminal.out(), row(each));
        }
        count++;
    }

    private static Row row(ConsumerRecord<byte[], byte[]> each) {
        var headers = new ArrayList<Header>();
        each.headers().forEach(header ->
                headers.add(new Header(header.key(), text(header.value()), encoding(header.value()))));
        return new Row(
                each.topic(), each.partition(), each.offset(), each.timestamp(), text(each.key()), encoding(each.key()),
                text(each.value()), encoding(each.value()), headers);
    }

    private static @Nullable String text(byte @Nullable [] bytes) {
        if (bytes == null) {
            return null;
        }
        return isText(bytes) ? new String(bytes, UTF_8) : Base64.getEncoder().encodeToString(bytes);
    }

    private static @Nullable String encoding(byte @Nullable [] bytes) {
        return bytes == null ? null : isText(bytes) ? "utf-8" : "base64";
    }

    static boolean isText(byte[] bytes) {
        try {
            UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
