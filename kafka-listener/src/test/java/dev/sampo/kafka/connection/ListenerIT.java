package dev.sampo.kafka.connection;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.kafka.codec.FileSliceRecords;
import dev.sampo.kafka.connection.ListenerFixture.Client;
import dev.sampo.kafka.handler.ApiHandler;
import dev.sampo.kafka.handler.Exchange;
import dev.sampo.persistence.log.FileSlice;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static dev.sampo.kafka.connection.ListenerFixture.await;
import static dev.sampo.kafka.connection.ListenerFixture.frame;
import static dev.sampo.kafka.connection.ListenerFixture.handler;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ListenerIT {
    private static final ApiHandler METADATA =
            handler(ApiKeys.METADATA, true, exchange -> exchange.respond(new MetadataResponseData()));

    @TempDir
    Path directory;

    @Test
    void tenThousandPipelinedRequestsAreAnsweredInOrder() throws Exception {
        // Given
        var random = new Random(3);
        ApiHandler outOfOrder = handler(ApiKeys.METADATA, true, exchange -> {
            if (random.nextInt(4) == 0) {
                exchange.schedule(random.nextInt(3), () -> exchange.respond(new MetadataResponseData()));
            } else {
                exchange.respond(new MetadataResponseData());
            }
        });
        var most = new AtomicInteger();
        var now = new AtomicInteger();
        ApiHandler barrier = handler(ApiKeys.HEARTBEAT, false, exchange -> {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            now.decrementAndGet();
            exchange.respond(new HeartbeatResponseData());
        });
        try (var fixture = ListenerFixture.start("", outOfOrder, barrier); Client client = fixture.connect()) {
            // When
            Thread writer = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < 10_000; i++) {
                        client.out().write(i % 50 == 0
                                ? frame(ApiKeys.HEARTBEAT, 4, i, new HeartbeatRequestData())
                                : frame(ApiKeys.METADATA, 12, i, new MetadataRequestData()));
                    }
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });

            // Then
            for (int i = 0; i < 10_000; i++) {
                assertThat(client.receive().getInt()).isEqualTo(i);
            }
            writer.join();
            assertThat(most).hasValue(1);
        }
    }

    @Test
    void answerThatIsInNoHurryIsGivenWhenAnotherRequestComesOrTheListenerStops() throws Exception {
        // Given
        var asked = new AtomicInteger();
        ApiHandler late = handler(ApiKeys.HEARTBEAT, false, exchange -> {
            exchange.onHurry(() -> exchange.respond(new HeartbeatResponseData()));
            asked.incrementAndGet();
        });
        byte[] heartbeat = frame(ApiKeys.HEARTBEAT, 4, 1, new HeartbeatRequestData());
        try (var fixture = ListenerFixture.start("", METADATA, late);
                Client client = fixture.connect();
                Client other = fixture.connect()) {
            client.send(heartbeat);
            other.send(heartbeat);
            await("both wait", () -> asked.get() == 2);

            // When
            client.send(frame(ApiKeys.METADATA, 12, 2, new MetadataRequestData()));

            // Then
            assertThat(client.receive().getInt()).isEqualTo(1);
            assertThat(client.receive().getInt()).isEqualTo(2);

            // When
            fixture.listener.stop().toCompletableFuture().get(5, TimeUnit.SECONDS);

            // Then
            assertThat(other.receive().getInt()).isEqualTo(1);
        }
    }

    @Test
    void apiVersionsOfAnUnknownVersionIsAnsweredInVersionZeroAndTheConnectionStaysOpen() throws Exception {
        try (var fixture = ListenerFixture.start("", METADATA); Client client = fixture.connect()) {
            // Given
            byte[] request = frame(ApiKeys.API_VERSIONS, 4, 5, new ApiVersionsRequestData());
            ByteBuffer.wrap(request).putShort(6, (short) 77);

            // When
            client.send(request);
            ByteBuffer answer = client.receive();

            // Then
            assertThat(answer.getInt()).isEqualTo(5);
            var response = new ApiVersionsResponseData(new ByteBufferAccessor(answer), (short) 0);
            assertThat(response.errorCode()).isEqualTo(Errors.UNSUPPORTED_VERSION.code());
            assertThat(response.apiKeys()).extracting("apiKey").containsExactly(ApiKeys.API_VERSIONS.id); // KIP-511
            client.send(frame(ApiKeys.METADATA, 12, 6, new MetadataRequestData()));
            assertThat(client.receive().getInt()).isEqualTo(6);
        }
    }

    @Test
    void apiVersionsChecksSoftwareNameClusterAndNode() throws Exception {
        try (var fixture = ListenerFixture.start("", METADATA); Client client = fixture.connect()) {
            assertThat(apiVersions(client, 3, "name\r\n", null, -1)).isEqualTo(Errors.INVALID_REQUEST);
            assertThat(apiVersions(client, 3, "name", null, -1)).isEqualTo(Errors.NONE);
            assertThat(apiVersions(client, 5, "name", "cluster", 1)).isEqualTo(Errors.NONE);
            assertThat(apiVersions(client, 5, "name", "other", 1)).isEqualTo(Errors.REBOOTSTRAP_REQUIRED);
            assertThat(apiVersions(client, 5, "name", "cluster", 2)).isEqualTo(Errors.REBOOTSTRAP_REQUIRED);
            assertThat(apiVersions(client, 5, "name", "cluster", -1)).isEqualTo(Errors.INVALID_REQUEST);
        }
    }

    @Test
    void handlerThatThrowsIsAnsweredWithTheKeysErrorAndServesOn() throws Exception {
        // Given
        var failing = new AtomicReference<RuntimeException>(new IllegalStateException("thrown on purpose"));
        ApiHandler handler = handler(ApiKeys.LIST_GROUPS, false, exchange -> {
            RuntimeException failure = failing.getAndSet(null);
            if (failure != null) {
                throw failure;
            }
            exchange.respondWhen(CompletableFuture.supplyAsync(ListGroupsResponseData::new));
        });
        try (var fixture = ListenerFixture.start("", handler); Client client = fixture.connect()) {
            // When
            client.send(frame(ApiKeys.LIST_GROUPS, 4, 1, new ListGroupsRequestData()));
            client.send(frame(ApiKeys.LIST_GROUPS, 4, 2, new ListGroupsRequestData()));

            // Then
            assertThat(listGroupsError(client)).isEqualTo(Errors.UNKNOWN_SERVER_ERROR);
            assertThat(listGroupsError(client)).isEqualTo(Errors.NONE);
            assertThat(fixture.listener.metrics().handlerFailures()).isEqualTo(1);
        }
    }

    @Test
    void httpAndTlsBytesAreClosedAtOnce() throws Exception {
        try (var fixture = ListenerFixture.start("", METADATA)) {
            for (byte[] bytes : List.of(
                    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
                    new byte[] {0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01})) {
                try (Client client = fixture.connect()) {
                    // When
                    long start = System.nanoTime();
                    client.send(bytes);

                    // Then
                    assertThat(client.isClosedByPeer()).isTrue();
                    assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isLessThan(1000);
                }
            }
            assertThat(fixture.listener.metrics().malformed()).isEqualTo(2);
        }
    }

    @Test
    void halfClosedClientStillGetsItsAnswers() throws Exception {
        // Given
        ApiHandler slow = handler(ApiKeys.METADATA, true, exchange ->
                exchange.schedule(100, () -> exchange.respond(new MetadataResponseData())));
        try (var fixture = ListenerFixture.start("", slow); Client client = fixture.connect()) {
            // When
            client.send(frame(ApiKeys.METADATA, 12, 1, new MetadataRequestData()));
            client.send(frame(ApiKeys.METADATA, 12, 2, new MetadataRequestData()));
            client.socket().shutdownOutput();

            // Then
            assertThat(client.receive().getInt()).isEqualTo(1);
            assertThat(client.receive().getInt()).isEqualTo(2);
            assertThat(client.isClosedByPeer()).isTrue();
        }
    }

    @Test
    void resetInMidFrameGivesTheMemoryBack() throws Exception {
        try (var fixture = ListenerFixture.start("", METADATA)) {
            // When
            for (int i = 0; i < 50; i++) {
                Client client = fixture.connect();
                client.send(ByteBuffer.allocate(100_004).putInt(400_000).putShort((short) 3).array());
                client.socket().setSoLinger(true, 0);
                client.close();
            }

            // Then
            await("all connections gone", () -> fixture.listener.metrics().accepted() == 50
                    && fixture.listener.metrics().connections() == 0);
            assertThat(fixture.listener.metrics().requestMemoryBytes()).isZero();
        }
    }

    @Test
    void fetchedSlicesArriveAndAreReleasedOnceAlsoWhenTheClientIsGone() throws Exception {
        // Given
        byte[] contents = new byte[4 << 20];
        new Random(5).nextBytes(contents);
        try (FileChannel file = FileChannel.open(Files.write(directory.resolve("log"), contents))) {
            var made = new AtomicInteger();
            var releases = new AtomicInteger();
            ApiHandler fetch = handler(ApiKeys.FETCH, true, exchange -> exchange.schedule(5, () -> {
                int[] sizes = {100, 3 << 20, 5000, 60_000};
                var topic = new FetchResponseData.FetchableTopicResponse();
                int at = 0;
                for (int size : sizes) {
                    made.incrementAndGet();
                    topic.partitions().add(new FetchResponseData.PartitionData()
                            .setRecords(new FileSliceRecords(new Slice(file, at, size, releases))));
                    at += size;
                }
                exchange.respond(new FetchResponseData().setResponses(List.of(topic)));
            }));
            try (var fixture = ListenerFixture.start("", fetch)) {
                // When
                try (Client client = fixture.connect()) {
                    client.send(frame(ApiKeys.FETCH, 12, 1, new FetchRequestData()));
                    ByteBuffer answer = client.receive();

                    // Then
                    answer.position(5);
                    var response = new FetchResponseData(new ByteBufferAccessor(answer), (short) 12);
                    int at = 0;
                    for (var partition : response.responses().getFirst().partitions()) {
                        ByteBuffer records =
                                ((org.apache.kafka.common.record.internal.MemoryRecords) partition.records()).buffer();
                        assertThat(records).isEqualTo(ByteBuffer.wrap(contents, at, records.remaining()));
                        at += records.remaining();
                    }
                    assertThat(at).isEqualTo(100 + (3 << 20) + 5000 + 60_000);
                }
                for (int i = 0; i < 20; i++) {
                    try (Client client = fixture.connect()) {
                        for (int j = 0; j < 5; j++) {
                            client.send(frame(ApiKeys.FETCH, 12, j, new FetchRequestData()));
                        }
                        if (i % 2 == 0) {
                            client.in().read();
                        }
                        client.socket().setSoLinger(true, 0);
                    }
                }
                await("connections end", () -> fixture.listener.metrics().connections() == 0
                        && fixture.listener.metrics().requestMemoryBytes() == 0);
                await("each slice released", () -> releases.get() == made.get());
                assertThat(releases.get()).isGreaterThan(4).isEqualTo(made.get());
            }
        }
    }

    @Test
    void answersOfPartitionsReachTheirRequestAndLateOnesAreReleased() throws Exception {
        // Given
        var releases = new AtomicInteger();
        List<Exchange> exchanges = Collections.synchronizedList(new ArrayList<>());
        ApiHandler handler = handler(ApiKeys.METADATA, true, exchange -> {
            exchange.onReply(reply -> {
                Connection.release(reply);
                exchange.respond(new MetadataResponseData());
            });
            exchanges.add(exchange);
        });
        try (var fixture = ListenerFixture.start("", handler); Client client = fixture.connect()) {
            client.send(frame(ApiKeys.METADATA, 12, 1, new MetadataRequestData()));
            client.send(frame(ApiKeys.METADATA, 12, 2, new MetadataRequestData()));
            await("both there", () -> exchanges.size() == 2);

            // When
            for (int i = 0; i < 3; i++) { // the later request first, each three times
                exchanges.get(1).replyTo().tell(readReply(exchanges.get(1).requestId(), releases));
                exchanges.get(0).replyTo().tell(readReply(exchanges.get(0).requestId(), releases));
            }

            // Then
            assertThat(client.receive().getInt()).isEqualTo(1);
            assertThat(client.receive().getInt()).isEqualTo(2);
            await("all released", () -> releases.get() == 6);
        }
    }

    @Test
    void answerThatFindsNoConnectionIsReleased() throws Exception {
        // Given
        var releases = new AtomicInteger();
        var exchange = new AtomicReference<Exchange>();
        ApiHandler handler = handler(ApiKeys.METADATA, true, exchange::set);
        try (var fixture = ListenerFixture.start("", handler, handler(ApiKeys.HEARTBEAT, true, Exchange::respondNothing))) {
            try (Client client = fixture.connect()) {
                client.send(frame(ApiKeys.METADATA, 12, 1, new MetadataRequestData()));
                await("there", () -> exchange.get() != null);
            }

            // When
            var nobody = fixture.kit.<Partition.Reply>createTestProbe();
            var gone = nobody.ref();
            nobody.stop();
            var told = new AtomicInteger();
            await("dead letter released", () -> {
                int before = releases.get();
                told.incrementAndGet();
                gone.tell(readReply(0, releases));
                return before > 0;
            });
            told.incrementAndGet();
            exchange.get().replyTo().tell(readReply(0, releases)); // the socket is gone, its actor is not

            // Then
            await("the late answer is released too", () -> releases.get() == told.get());
            exchange.get().respond(new MetadataResponseData());
            await("connection ended", () -> fixture.listener.metrics().connections() == 0
                    && fixture.listener.metrics().requestMemoryBytes() == 0);
        }
    }

    @Test
    void actorOfAConnectionThatAskedNoPartitionEndsWithIt() throws Exception {
        var asking = new AtomicReference<Exchange>();
        ApiHandler asks = handler(ApiKeys.HEARTBEAT, true, exchange -> {
            exchange.replyTo();
            asking.set(exchange);
            exchange.respond(new HeartbeatResponseData());
        });
        try (var fixture = ListenerFixture.start("", METADATA, asks)) {
            try (Client client = fixture.connect()) {
                client.send(frame(ApiKeys.METADATA, 12, 1, new MetadataRequestData()));
                client.receive();
                assertThat(hasConnectionActor(fixture)).isTrue();
            }
            long closed = System.nanoTime();
            await("its actor ended", () -> !hasConnectionActor(fixture));
            assertThat(System.nanoTime() - closed).as("it waits for no late answers").isLessThan(TimeUnit.SECONDS.toNanos(8));

            try (Client client = fixture.connect()) {
                client.send(frame(ApiKeys.HEARTBEAT, 4, 2, new HeartbeatRequestData()));
                client.receive();
            }
            await("closed", () -> fixture.listener.metrics().connections() == 0);
            assertThat(hasConnectionActor(fixture)).as("it waits for late answers").isTrue();
        }
    }

    private static boolean hasConnectionActor(ListenerFixture fixture) {
        var found = Adapter.toClassic(fixture.kit.system())
                .actorSelection("/system/*/connection-*")
                .resolveOne(Duration.ofSeconds(2));
        return found.handle((actor, failure) -> failure == null).toCompletableFuture().join();
    }

    @Test
    void slowReaderStopsTheReadingOfItsRequests() throws Exception {
        // Given
        byte[] contents = new byte[1 << 20];
        try (FileChannel file = FileChannel.open(Files.write(directory.resolve("log"), contents))) {
            var started = new AtomicInteger();
            var releases = new AtomicInteger();
            ApiHandler fetch = handler(ApiKeys.FETCH, true, exchange -> {
                started.incrementAndGet();
                exchange.respond(new FetchResponseData().setResponses(List.of(
                        new FetchResponseData.FetchableTopicResponse().setPartitions(List.of(
                                new FetchResponseData.PartitionData().setRecords(
                                        new FileSliceRecords(new Slice(file, 0, 1 << 20, releases))))))));
            });
            try (var fixture = ListenerFixture.start("", fetch, METADATA); Client client = fixture.connect()) {
                // When
                for (int i = 0; i < 100; i++) {
                    client.send(frame(ApiKeys.FETCH, 12, i, new FetchRequestData()));
                }
                await("some were sent", () -> started.get() > 0 && releases.get() > 0);
                try (Client other = fixture.connect()) { // the loop serves on
                    other.send(frame(ApiKeys.METADATA, 12, 9, new MetadataRequestData()));
                    assertThat(other.receive().getInt()).isEqualTo(9);
                }

                // Then
                assertThat(started.get() - releases.get()).isLessThanOrEqualTo(6);
                for (int i = 0; i < 100; i++) {
                    assertThat(client.receive().getInt()).isEqualTo(i);
                }
                await("all released", () -> releases.get() == 100);
            }
        }
    }

    @Test
    void fiveThousandMalformedFramesAndTwoHundredHostileConnectionsLeaveOthersServed() throws Exception {
        try (var fixture = ListenerFixture.start("", METADATA); Client healthy = fixture.connect()) {
            // Given
            var random = new Random(11);
            byte[] valid = frame(ApiKeys.METADATA, 12, 1, new MetadataRequestData());
            List<Client> stalled = new ArrayList<>();

            // When
            for (int i = 0; i < 5_000; i++) {
                try (Client client = fixture.connect()) {
                    byte[] bytes = valid.clone();
                    switch (i % 3) {
                        case 0 -> bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                        case 1 -> bytes = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
                        default -> random.nextBytes(bytes);
                    }
                    client.send(bytes);
                    if (i % 25 == 0) {
                        Client hostile = fixture.connect();
                        hostile.send(ByteBuffer.allocate(6).putInt(100 << 20).putShort((short) 0).array());
                        stalled.add(hostile);
                    }
                }
                if (i % 100 == 0) {
                    healthy.send(frame(ApiKeys.METADATA, 12, i, new MetadataRequestData()));
                    assertThat(healthy.receive().getInt()).isEqualTo(i);
                }
            }

            // Then
            await("only the open ones are left", () -> fixture.listener.metrics().connections() == 1 + stalled.size());
            assertThat(stalled).hasSize(200);
            assertThat(fixture.listener.metrics().requestMemoryBytes()).isZero();
            assertThat(fixture.listener.metrics().handlerFailures()).isZero();
            for (Client client : stalled) {
                client.close();
            }
            await("all but one ended", () -> fixture.listener.metrics().connections() == 1);
        }
    }

    @Test
    void idleAndStalledConnectionsAreClosedBySweep() throws Exception {
        try (var fixture = ListenerFixture.start(
                        "sampo.listener { max-idle = 200ms, request-max-duration = 200ms }", METADATA);
                Client idle = fixture.connect(); Client stalled = fixture.connect()) {
            // When
            stalled.send(new byte[] {0, 0, 1, 0, 0});

            // Then
            assertThat(idle.isClosedByPeer()).isTrue();
            assertThat(stalled.isClosedByPeer()).isTrue();
            await("counted", () -> fixture.listener.metrics().connections() == 0);
            assertThat(fixture.listener.metrics().idleClosed() + fixture.listener.metrics().tooSlow()).isEqualTo(2);
        }
    }

    @Test
    void stopFinishesWhatIsInFlightAndFreesThePort() throws Exception {
        // Given
        ApiHandler slow = handler(ApiKeys.METADATA, true, exchange ->
                exchange.schedule(100, () -> exchange.respond(new MetadataResponseData())));
        try (var fixture = ListenerFixture.start("", slow); Client client = fixture.connect();
                Client idle = fixture.connect()) {
            client.send(frame(ApiKeys.METADATA, 12, 1, new MetadataRequestData()));
            await("in flight", () -> fixture.listener.metrics().requests().containsKey(ApiKeys.METADATA));

            // When
            fixture.listener.stop().toCompletableFuture().get(10, TimeUnit.SECONDS);

            // Then
            assertThat(client.receive().getInt()).isEqualTo(1);
            assertThat(client.isClosedByPeer()).isTrue();
            assertThat(idle.isClosedByPeer()).isTrue();
            assertThatThrownBy(fixture::connect).isInstanceOf(IOException.class);
        }
    }

    @Test
    void bindErrorNamesHostPortAndRemedy() throws Exception {
        try (var fixture = ListenerFixture.start("", METADATA)) {
            InetSocketAddress taken = fixture.listener.address();
            assertThatThrownBy(() -> KafkaListener.start(
                            fixture.kit.system(), "SECOND", taken,
                            ListenerSettings.from(fixture.kit.system().settings().config()),
                            dev.sampo.kafka.codec.AdvertisedApis.of(List.of()), Map.of()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(taken.getHostString() + ":" + taken.getPort())
                    .hasMessageContaining("end the process");
        }
    }

    private static Errors apiVersions(Client client, int version, String name, String clusterId, int nodeId)
            throws IOException {
        var request = new ApiVersionsRequestData().setClientSoftwareName(name).setClientSoftwareVersion("1.0");
        if (version >= 5) {
            request.setClusterId(clusterId).setNodeId(nodeId);
        }
        client.send(frame(ApiKeys.API_VERSIONS, version, 1, request));
        ByteBuffer answer = client.receive();
        answer.getInt();
        return Errors.forCode(new ApiVersionsResponseData(new ByteBufferAccessor(answer), (short) version).errorCode());
    }

    private static Errors listGroupsError(Client client) throws IOException {
        ByteBuffer answer = client.receive();
        answer.position(5);
        return Errors.forCode(new ListGroupsResponseData(new ByteBufferAccessor(answer), (short) 4).errorCode());
    }

    private static Partition.ReadReply readReply(long requestId, AtomicInteger releases) {
        return new Partition.ReadReply(
                requestId, 0, KafkaError.NONE, 0, 0, 0, new Slice(null, 0, 1, releases), null, -1, -1);
    }

    /** Counts its releases. */
    private record Slice(FileChannel file, long position, int sizeBytes, AtomicInteger releases) implements FileSlice {
        @Override
        public long transferTo(int from, WritableByteChannel target) throws IOException {
            return file.transferTo(position + from, sizeBytes - from, target);
        }

        @Override
        public void read(int from, ByteBuffer target) throws IOException {
            file.read(target, position + from);
        }

        @Override
        public void release() {
            releases.incrementAndGet();
        }
    }
}
