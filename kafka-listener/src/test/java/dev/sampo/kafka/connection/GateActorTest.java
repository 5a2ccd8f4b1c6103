package dev.sampo.kafka.connection;

import dev.sampo.gate.Gate;
import dev.sampo.group.coordinator.GroupCalled;
import dev.sampo.kafka.codec.FileSliceRecords;
import dev.sampo.kafka.handler.ApiHandler;
import dev.sampo.partition.session.NodeGone;
import dev.sampo.persistence.log.FileSlice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static dev.sampo.kafka.connection.ListenerFixture.frame;
import static dev.sampo.kafka.connection.ListenerFixture.handler;
import static org.assertj.core.api.Assertions.assertThat;

class GateActorTest {
    private static final String NODE = "pekko://sampo@10.0.0.1:7355#1";
    private static final int SLICE_BYTES = 3 * Gate.WINDOW_BYTES;

    private final AtomicInteger releases = new AtomicInteger();
    private final AtomicReference<String> host = new AtomicReference<>();
    private ListenerFixture fixture;
    private ClusterGate gate;

    @BeforeEach
    void start() throws IOException {
        ApiHandler metadata = handler(ApiKeys.METADATA, true, exchange -> {
            host.set(exchange.client().host());
            exchange.respond(new MetadataResponseData());
        });
        ApiHandler fetch = handler(ApiKeys.FETCH, true, exchange -> exchange.respond(new FetchResponseData().setResponses(
                List.of(new FetchResponseData.FetchableTopicResponse().setTopic("t").setPartitions(List.of(
                        new FetchResponseData.PartitionData().setRecords(new FileSliceRecords(new Sevens()))))))));
        fixture = ListenerFixture.start("", metadata, fetch);
        gate = fixture.gate(NODE);
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    private void open(TestProbe<Gate.ToStream> stream, String node, boolean called) {
        Adapter.toClassic(fixture.kit.system()).actorSelection("/system/" + Gate.NAME).tell(
                new Gate.Open(stream.getRef(), node, called), org.apache.pekko.actor.ActorRef.noSender());
    }

    private ActorRef<Gate.ToConnection> opened(TestProbe<Gate.ToStream> stream) {
        open(stream, NODE, true);
        return stream.expectMessageClass(Gate.Opened.class).connection();
    }

    @Test
    void aRequestInPiecesIsAnsweredAndItsClientIsTheNode() {
        // Given
        TestProbe<Gate.ToStream> stream = fixture.kit.createTestProbe();
        ActorRef<Gate.ToConnection> connection = opened(stream);
        byte[] request = frame(ApiKeys.METADATA, 12, 7, new MetadataRequestData());

        // When
        connection.tell(new Gate.Bytes(0, Arrays.copyOf(request, 3)));
        connection.tell(new Gate.Bytes(1, Arrays.copyOfRange(request, 3, request.length)));

        // Then
        Gate.Bytes answer = stream.expectMessageClass(Gate.Bytes.class);
        assertThat(answer.number()).isZero();
        ByteBuffer bytes = ByteBuffer.wrap(answer.bytes());
        assertThat(bytes.getInt()).isEqualTo(bytes.remaining());
        assertThat(bytes.getInt()).as("correlation id").isEqualTo(7);
        assertThat(host).hasValue(NODE);
    }

    @Test
    void recordsOfAFileAreSentAsFarAsTheWindowAllows() {
        // Given
        TestProbe<Gate.ToStream> stream = fixture.kit.createTestProbe();
        ActorRef<Gate.ToConnection> connection = opened(stream);

        // When
        connection.tell(new Gate.Bytes(0, frame(ApiKeys.FETCH, 12, 1, new FetchRequestData())));

        // Then
        int sevens = receive(stream, Gate.WINDOW_BYTES);
        stream.expectNoMessage(Duration.ofMillis(50));
        int rest = 0;
        while (sevens < SLICE_BYTES) {
            connection.tell(new Gate.Taken(Gate.CHUNK_BYTES));
            Gate.Bytes next = stream.expectMessageClass(Gate.Bytes.class);
            sevens += sevens(next);
            rest = next.bytes().length;
        }
        assertThat(sevens).isEqualTo(SLICE_BYTES);
        assertThat(rest).isLessThanOrEqualTo(Gate.CHUNK_BYTES);
        ListenerFixture.await("the file is released", () -> releases.get() == 1);
    }

    /** Receives this many bytes. @return how many of them are the file's */
    private static int receive(TestProbe<Gate.ToStream> stream, int bytes) {
        int sevens = 0;
        for (int received = 0; received < bytes;) {
            Gate.Bytes next = stream.expectMessageClass(Gate.Bytes.class);
            assertThat(next.bytes()).hasSizeLessThanOrEqualTo(Gate.CHUNK_BYTES);
            received += next.bytes().length;
            sevens += sevens(next);
        }
        return sevens;
    }

    private static int sevens(Gate.Bytes bytes) {
        int count = 0;
        for (byte one : bytes.bytes()) {
            count += one == 77 ? 1 : 0;
        }
        return count;
    }

    @Test
    void aConnectionOfWhichMessagesWereLostEnds() {
        // Given
        TestProbe<Gate.ToStream> stream = fixture.kit.createTestProbe();
        ActorRef<Gate.ToConnection> connection = opened(stream);

        // When
        connection.tell(new Gate.Bytes(1, new byte[4]));

        // Then
        assertThat(stream.expectMessageClass(Gate.End.class).reason()).contains("lost");
    }

    @Test
    void aStreamOnANodeThatIsNoMemberIsRefused() {
        TestProbe<Gate.ToStream> stream = fixture.kit.createTestProbe();
        open(stream, "pekko://sampo@10.0.0.1:7355#2", true);
        assertThat(stream.expectMessageClass(Gate.End.class).reason()).contains("no member");
    }

    @Test
    void theConnectionsOfANodeThatIsGoneEnd() {
        // Given
        TestProbe<Gate.ToStream> stream = fixture.kit.createTestProbe();
        opened(stream);

        // When
        fixture.kit.system().eventStream().tell(new EventStream.Publish<>(new NodeGone(NODE)));

        // Then
        assertThat(stream.expectMessageClass(Gate.End.class).reason()).contains("left the cluster");
    }

    @Test
    void membersOnNodesThatAreCalledHearIt() {
        // Given
        TestProbe<Gate.ToStream> member = fixture.kit.createTestProbe();
        TestProbe<Gate.ToStream> other = fixture.kit.createTestProbe();
        opened(member);
        open(other, NODE, false);
        other.expectMessageClass(Gate.Opened.class);

        // When
        fixture.kit.system().eventStream().tell(new EventStream.Publish<>(new GroupCalled("g", Set.of(NODE))));

        // Then
        assertThat(member.expectMessageClass(Gate.Called.class).groupId()).isEqualTo("g");
        other.expectNoMessage(Duration.ofMillis(50));
    }

    @Test
    void aGateThatStopsEndsItsConnections() throws Exception {
        // Given
        TestProbe<Gate.ToStream> stream = fixture.kit.createTestProbe();
        opened(stream);

        // When
        gate.stop().toCompletableFuture().get(10, TimeUnit.SECONDS);

        // Then
        stream.expectMessageClass(Gate.End.class);
    }

    /** A file of one byte's value. */
    private final class Sevens implements FileSlice {
        @Override
        public int sizeBytes() {
            return SLICE_BYTES;
        }

        @Override
        public long transferTo(int from, WritableByteChannel target) {
            throw new AssertionError("there is no socket");
        }

        @Override
        public void read(int from, ByteBuffer target) {
            for (int at = from; target.hasRemaining() && at < SLICE_BYTES; at++) {
                target.put((byte) 77);
            }
        }

        @Override
        public void release() {
            releases.incrementAndGet();
        }
    }
}
