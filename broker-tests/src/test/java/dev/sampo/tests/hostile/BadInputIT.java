package dev.sampo.tests.hostile;

import com.github.luben.zstd.ZstdOutputStream;
import dev.sampo.tests.broker.BrokerUnderTest;
import dev.sampo.tests.wire.RawConnection;
import dev.sampo.tests.wire.Wire;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocolCollection;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceDataCollection;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.internals.ByteUtils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Requests that are well formed and mean harm: what they ask for is bounded, they get an answer or a closed connection, and the
 * broker (in a process with a heap of 512 MB) serves the next client as before. What Kafka answers to the same bytes is the
 * oracle's matter; here are those that no recording shows.
 */
class BadInputIT {
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);
    private static final Duration PROMPT = Duration.ofSeconds(5);
    private static final String TOPIC = "plain";
    private static final String BOUNDED = "bounded";
    private static final int BATCH_HEADER_BYTES = 61;
    private static final long BOMB_BYTES = 1L << 30;

    @TempDir
    private static Path folder;
    private static BrokerUnderTest broker;
    private static int port;

    @BeforeAll
    static void startBroker() throws Exception {
        broker = BrokerUnderTest.start(folder, Map.of("auto.create.topics.enable", "false", "offsets.topic.num.partitions", "4"));
        port = Integer.parseInt(broker.bootstrap().substring(broker.bootstrap().indexOf(':') + 1));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrap()))) {
            admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1),
                    new NewTopic(BOUNDED, 1, (short) 1).configs(Map.of("max.decompressed.message.bytes", "10485760")))).all().get();
        }
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @AfterEach
    void theBrokerServesTheNextClientAndSaidNothingOfRunningOut() throws IOException {
        try (var next = connect()) {
            var records = MemoryRecords.withRecords(Compression.NONE, new SimpleRecord("still here".getBytes(StandardCharsets.UTF_8)));
            assertThat(produce(next, records)).as("error of the next client's produce").isEqualTo(Errors.NONE);
        }
        assertThat(Files.readString(broker.output())).doesNotContain("OutOfMemoryError").doesNotContain("Exception in thread");
    }

    @ParameterizedTest
    @EnumSource(value = CompressionType.class, names = {"GZIP", "ZSTD"})
    void aBatchThatUnpacksToAGibibyteIsRefusedWithoutUnpackingIt(CompressionType codec) throws IOException {
        try (var connection = connect()) {
            // Given
            MemoryRecords bomb = bomb(codec);
            assertThat(bomb.sizeInBytes()).as("bytes sent, below max.message.bytes").isLessThan(1_048_588);

            // When
            Errors answer = produce(connection, BOUNDED, bomb);

            // Then
            assertThat(answer).isIn(Errors.MESSAGE_TOO_LARGE, Errors.INVALID_RECORD, Errors.CORRUPT_MESSAGE);
        }
    }

    /** Kafka's default allows 2 GiB less a byte: it must not cost the broker's heap. */
    @Test
    void aGibibyteThatTheTopicAllowsIsCheckedInBoundedMemory() throws IOException {
        try (var connection = connect()) {
            // When
            Errors answer = produce(connection, bomb(CompressionType.ZSTD));

            // Then
            assertThat(answer).isEqualTo(Errors.NONE);
            assertThat(ProcessFigures.heapAfterCollectionBytes(broker.pid())).isLessThan(128L << 20);
        }
    }

    @Test
    void aZstdFrameThatAsksForAWindowOfTwoGibibytesIsRefused() throws IOException {
        try (var connection = connect()) {
            // Given: magic, no content size, window descriptor 2^31, an empty last raw block
            byte[] frame = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0x00, (byte) ((31 - 10) << 3), 0x01, 0x00, 0x00};

            // When
            Errors answer = produce(connection, batch(CompressionType.ZSTD, frame));

            // Then
            assertThat(answer).isIn(Errors.INVALID_RECORD, Errors.CORRUPT_MESSAGE, Errors.MESSAGE_TOO_LARGE);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, Integer.MAX_VALUE})
    void fetchLimitsOutOfReasonAreAnsweredWithinTheirTime(int maxBytes) throws IOException {
        try (var connection = connect()) {
            // Given
            produce(connection, MemoryRecords.withRecords(Compression.NONE, new SimpleRecord("one".getBytes(StandardCharsets.UTF_8))));
            FetchRequestData request = fetch(maxBytes, 1, 500);

            // When
            long start = System.nanoTime();
            var answer = (FetchResponseData) connection.ask((short) 12, request);

            // Then
            assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.NONE);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(PROMPT);
        }
    }

    @Test
    void aFetchThatWaitsForeverForTwoGibibytesHoldsNobodyElseUp() throws IOException {
        try (var waiting = connect(); var other = connect()) {
            // Given
            waiting.send((short) 12, fetch(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE));

            // When
            long start = System.nanoTime();
            Errors answer = produce(other, MemoryRecords.withRecords(Compression.NONE, new SimpleRecord("two".getBytes(StandardCharsets.UTF_8))));

            // Then
            assertThat(answer).isEqualTo(Errors.NONE);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(PROMPT);
        }
    }

    @Test
    void aFetchOfAMillionPartitionsIsAnsweredOrRefusedWithoutStoppingOthers() throws IOException {
        try (var connection = connect()) {
            // Given
            var partitions = IntStream.range(0, 1_000_000)
                    .mapToObj(i -> new FetchRequestData.FetchPartition().setPartition(i).setFetchOffset(0).setPartitionMaxBytes(1))
                    .toList();
            var request = fetch(1, 0, 0);
            request.topics().getFirst().setPartitions(partitions);

            // When, then
            answerOrClose(connection, (short) 12, request);
        }
    }

    @Test
    void metadataOfAMillionTopicsIsAnsweredOrRefusedWithoutStoppingOthers() throws IOException {
        try (var connection = connect()) {
            // Given
            var topics = IntStream.range(0, 1_000_000).mapToObj(i -> new MetadataRequestTopic().setName("none" + i)).toList();

            // When, then
            answerOrClose(connection, (short) 8, new MetadataRequestData().setTopics(topics).setAllowAutoTopicCreation(false));
        }
    }

    @Test
    void aTopicOfAMillionPartitionsIsRefused() throws IOException {
        try (var connection = connect()) {
            // When
            Errors answer = create(connection, new CreatableTopic().setName("huge").setNumPartitions(1_000_000).setReplicationFactor((short) 1));

            // Then
            assertThat(answer).isIn(Errors.POLICY_VIOLATION, Errors.INVALID_PARTITIONS, Errors.INVALID_REQUEST);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"delete\nretention.ms=1", "\u001b[31mdelete"})
    void aConfigValueWithControlCharactersIsRefused(String value) throws IOException {
        try (var connection = connect()) {
            // Given
            var topic = new CreatableTopic().setName("configured").setNumPartitions(1).setReplicationFactor((short) 1);
            topic.configs().add(new CreatableTopicConfig().setName("cleanup.policy").setValue(value));

            // When, then
            assertThat(create(connection, topic)).isEqualTo(Errors.INVALID_CONFIG);
        }
    }

    static List<String> largeValues() {
        return List.of("0-1,".repeat(8_000));
    }

    @ParameterizedTest
    @MethodSource("largeValues")
    void aLargeConfigValueThatIsNonsenseOrTooLargeIsRefused(String value) throws IOException {
        try (var connection = connect()) {
            // Given
            var topic = new CreatableTopic().setName("configured").setNumPartitions(1).setReplicationFactor((short) 1);
            topic.configs().add(new CreatableTopicConfig().setName("leader.replication.throttled.replicas").setValue(value));

            // When, then
            assertThat(create(connection, topic)).isEqualTo(Errors.INVALID_CONFIG);
        }
    }

    @Test
    void aGroupIdOfThirtyTwoKilobytesFindsItsCoordinatorOrAnErrorAndNothingElse() throws IOException {
        try (var connection = connect()) {
            // Given: the longest string of the protocol
            var request = new FindCoordinatorRequestData().setKeyType((byte) 0).setCoordinatorKeys(List.of("g".repeat(Short.MAX_VALUE)));

            // When
            var answer = (FindCoordinatorResponseData) connection.ask((short) 4, request);

            // Then
            assertThat(Errors.forCode(answer.coordinators().getFirst().errorCode())).isIn(Errors.NONE, Errors.INVALID_GROUP_ID, Errors.INVALID_REQUEST,
                    Errors.COORDINATOR_NOT_AVAILABLE);
        }
    }

    @Test
    void aStringThatSaysItIsAMebibyteClosesTheConnection() throws IOException {
        try (var connection = connect()) {
            // Given: FindCoordinator v4, key type 0, one key of 1 MiB in a compact string
            ByteBuffer head = Wire.header((short) 10, (short) 4, 1, "raw");
            ByteBuffer frame = ByteBuffer.allocate(head.remaining() + 16 + (1 << 20)).put(head).put((byte) 0);
            ByteUtils.writeUnsignedVarint(2, frame);
            ByteUtils.writeUnsignedVarint((1 << 20) + 1, frame);
            frame.position(frame.position() + (1 << 20)).put((byte) 0).put((byte) 0).flip();

            // When
            boolean closed;
            try {
                connection.sendFrame(frame);
                closed = connection.isClosedByPeer();
            } catch (java.net.SocketException e) {
                closed = true; // while the request was being sent
            }

            // Then
            assertThat(closed).isTrue();
        }
    }

    @Test
    void memberMetadataOfTwoMebibytesIsRefused() throws IOException {
        try (var connection = connect()) {
            // Given
            var protocols = new JoinGroupRequestProtocolCollection();
            protocols.add(new JoinGroupRequestProtocol().setName("range").setMetadata(new byte[2 << 20]));
            var request = new JoinGroupRequestData().setGroupId("large").setMemberId("").setProtocolType("consumer").setProtocols(protocols)
                    .setSessionTimeoutMs(10_000).setRebalanceTimeoutMs(10_000);

            // When
            ApiMessage answer = answerOrClose(connection, (short) 3, request);

            // Then
            if (answer instanceof JoinGroupResponseData joined) {
                assertThat(Errors.forCode(joined.errorCode())).isNotEqualTo(Errors.NONE);
            }
        }
    }

    @Test
    void controlCharactersOfAClientNeverReachTheLogAsTheyAre() throws IOException {
        // Given
        String name = "evil\r\n2026-01-01 ERROR forged \u001b[31mred";

        // When
        try (var connection = RawConnection.open("127.0.0.1", port, ANSWER_LIMIT, name)) {
            var request = new ApiVersionsRequestData().setClientSoftwareName("a").setClientSoftwareVersion("1");
            connection.ask((short) 3, request);
            produce(connection, batch(CompressionType.ZSTD, new byte[] {1, 2, 3}));
            connection.sendBytes(ByteBuffer.allocate(8).putInt(-1).array());
            assertThat(connection.isClosedByPeer()).isTrue();
        }

        // Then
        assertThat(Files.readString(broker.output())).doesNotContain("\u001b[31mred").doesNotContain("\n2026-01-01 ERROR forged");
    }

    private static RawConnection connect() throws IOException {
        return RawConnection.open("127.0.0.1", port, ANSWER_LIMIT);
    }

    private static Errors produce(RawConnection connection, MemoryRecords records) throws IOException {
        return produce(connection, TOPIC, records);
    }

    private static Errors produce(RawConnection connection, String topic, MemoryRecords records) throws IOException {
        var partition = new PartitionProduceData().setIndex(0).setRecords(records);
        var topics = new TopicProduceDataCollection();
        topics.add(new TopicProduceData().setName(topic).setPartitionData(new ArrayList<>(List.of(partition))));
        var answer = (ProduceResponseData) connection.ask((short) 9, new ProduceRequestData().setAcks((short) 1).setTimeoutMs(10_000).setTopicData(topics));
        return Errors.forCode(answer.responses().iterator().next().partitionResponses().getFirst().errorCode());
    }

    private static Errors create(RawConnection connection, CreatableTopic topic) throws IOException {
        var request = new CreateTopicsRequestData().setTimeoutMs(10_000);
        request.topics().add(topic);
        var answer = (CreateTopicsResponseData) connection.ask((short) 5, request);
        return Errors.forCode(answer.topics().iterator().next().errorCode());
    }

    private static FetchRequestData fetch(int maxBytes, int minBytes, int maxWaitMs) {
        var partition = new FetchRequestData.FetchPartition().setPartition(0).setFetchOffset(0).setPartitionMaxBytes(maxBytes);
        var topic = new FetchRequestData.FetchTopic().setTopic(TOPIC).setPartitions(new ArrayList<>(List.of(partition)));
        return new FetchRequestData().setReplicaId(-1).setMaxBytes(maxBytes).setMinBytes(minBytes).setMaxWaitMs(maxWaitMs)
                .setSessionId(0).setSessionEpoch(-1).setTopics(new ArrayList<>(List.of(topic)));
    }

    /** The answer, or null when the broker closed the connection instead. Both within the limit. */
    private static ApiMessage answerOrClose(RawConnection connection, short version, ApiMessage request) {
        try {
            ApiMessage answer = connection.ask(version, request);
            assertThat(answer).isInstanceOfAny(FetchResponseData.class, MetadataResponseData.class, FindCoordinatorResponseData.class, JoinGroupResponseData.class);
            return answer;
        } catch (java.net.SocketTimeoutException e) {
            throw new AssertionError("neither an answer nor a closed connection within " + ANSWER_LIMIT, e);
        } catch (IOException e) {
            return null; // closed: also while the request was being sent
        }
    }

    /** One record whose value is {@link #BOMB_BYTES} zeros. */
    private static MemoryRecords bomb(CompressionType codec) throws IOException {
        var packed = new ByteArrayOutputStream();
        try (OutputStream out = codec == CompressionType.GZIP ? new GZIPOutputStream(packed) : new ZstdOutputStream(packed, 19)) {
            long valueBytes = BOMB_BYTES;
            // attributes, timestamp delta, offset delta, key length -1, value length, header count
            long bodyBytes = 4 + ByteUtils.sizeOfVarint((int) valueBytes) + valueBytes + 1;
            ByteBuffer head = ByteBuffer.allocate(32);
            ByteUtils.writeVarint((int) bodyBytes, head);
            head.put((byte) 0);
            ByteUtils.writeVarlong(0, head);
            ByteUtils.writeVarint(0, head);
            ByteUtils.writeVarint(-1, head);
            ByteUtils.writeVarint((int) valueBytes, head);
            out.write(head.array(), 0, head.position());
            var zeros = new byte[1 << 16];
            for (long written = 0; written < valueBytes; written += zeros.length) {
                out.write(zeros);
            }
            out.write(0);
        }
        return batch(codec, packed.toByteArray());
    }

    /** A batch of one record with a right CRC around these compressed bytes. */
    private static MemoryRecords batch(CompressionType codec, byte[] packed) {
        ByteBuffer bytes = ByteBuffer.allocate(BATCH_HEADER_BYTES + packed.length);
        long nowMs = System.currentTimeMillis();
        bytes.putLong(0).putInt(BATCH_HEADER_BYTES - 12 + packed.length).putInt(-1).put((byte) 2).putInt(0)
                .putShort(codec.id).putInt(0).putLong(nowMs).putLong(nowMs).putLong(-1).putShort((short) -1).putInt(-1).putInt(1)
                .put(packed).flip();
        var crc = new CRC32C();
        crc.update(bytes.duplicate().position(21));
        bytes.putInt(17, (int) crc.getValue());
        return MemoryRecords.readableRecords(bytes);
    }
}
