package dev.sampo.kafka.local;

import com.typesafe.config.ConfigFactory;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.kafka.codec.AdvertisedApis;
import dev.sampo.kafka.codec.FileSliceRecords;
import dev.sampo.kafka.codec.SlicesInMemory;
import dev.sampo.kafka.handler.ApiHandler;
import dev.sampo.kafka.handler.Exchange;
import dev.sampo.persistence.log.FileSlice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

final class LocalRequestsActorTest {
    private static final short VERSION = 12;
    private static final Duration LONG = Duration.ofSeconds(60);

    private final ActorTestKit kit = ActorTestKit.create(
            "local", ConfigFactory.parseResources("sampo-pekko.conf").withFallback(ConfigFactory.load()).resolve());
    private final ConcurrentLinkedQueue<Exchange> exchanges = new ConcurrentLinkedQueue<>();

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void slicesComeAsRecordsInMemoryAndAreReleasedOnce() throws Exception {
        // Given
        var slices = List.of(new CountingSlice(10), new CountingSlice(20_000));
        LocalRequests requests = start(exchange -> exchange.respond(response(slices)));

        // When
        ApiMessage answer = requests.call(ApiKeys.FETCH, VERSION, new FetchRequestData()).get(20, TimeUnit.SECONDS);

        // Then
        List<PartitionData> partitions = ((FetchResponseData) answer).responses().getFirst().partitions();
        for (int i = 0; i < 2; i++) {
            ByteBuffer bytes = ((MemoryRecords) partitions.get(i).records()).buffer();
            assertThat(bytes.remaining()).isEqualTo(slices.get(i).sizeBytes());
            assertThat(bytes.get(bytes.limit() - 1)).isEqualTo((byte) 7);
            assertThat(slices.get(i).releases.get()).isEqualTo(1);
        }
        await("the lane is free", () -> requests.idleLanes() == 1);
    }

    @Test
    void slicesOverTheBoundAreRefusedUnreadAndReleasedOnce() {
        var slices = List.of(new CountingSlice(60_000), new CountingSlice(60_000));
        LocalRequests requests = start(exchange -> exchange.respond(response(slices)));

        assertThatThrownBy(() -> requests.call(ApiKeys.FETCH, VERSION, new FetchRequestData()).get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(SlicesInMemory.TooLargeException.class)
                .hasMessageContaining("120000 bytes, the limit is 100000");
        assertThat(slices).allMatch(slice -> slice.releases.get() == 1 && slice.reads.get() == 0);
    }

    @Test
    void aDiskThatRefusesFailsTheRequestAndReleasesEverySliceOnce() {
        var slices = List.of(new CountingSlice(10), new CountingSlice(-1), new CountingSlice(10));
        LocalRequests requests = start(exchange -> exchange.respond(response(slices)));

        assertThatThrownBy(() -> requests.call(ApiKeys.FETCH, VERSION, new FetchRequestData()).get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(IOException.class)
                .hasMessageContaining("disk");
        assertThat(slices).allMatch(slice -> slice.releases.get() == 1);
    }

    @Test
    void aCallerThatGoesAwayEndsAWaitingFetchAndFreesItsLane() {
        // Given
        var closed = new AtomicInteger();
        LocalRequests requests = start(exchange -> {
            exchange.onClosed(closed::incrementAndGet);
            exchanges.add(exchange);
        });
        CompletableFuture<ApiMessage> answer = requests.call(ApiKeys.FETCH, VERSION, new FetchRequestData());
        await("the handler runs", () -> !exchanges.isEmpty());

        // When
        answer.cancel(false);

        // Then
        await("the lane is free", () -> requests.idleLanes() == 1);
        assertThat(closed.get()).isEqualTo(1);
    }

    @Test
    void anAnswerAfterTheTimeOutIsReleasedAndTheLaneIsTakenUntilThen() {
        // Given
        var slice = new CountingSlice(10);
        LocalRequests requests = start(exchanges::add); // does not ask to know of the end
        CompletableFuture<ApiMessage> answer =
                requests.call(ApiKeys.FETCH, VERSION, new FetchRequestData(), Duration.ofMillis(1));
        assertThatThrownBy(() -> answer.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(TimeoutException.class);
        assertThat(requests.idleLanes()).isZero();

        // When
        exchanges.element().respond(response(List.of(slice)));

        // Then
        await("the lane is free", () -> requests.idleLanes() == 1);
        await("the slice is released", () -> slice.releases.get() == 1);
        assertThat(slice.reads.get()).isZero();
    }

    @Test
    void aLateReplyOfAPartitionIsReleasedAndNotGivenToTheNextRequest() throws Exception {
        // Given
        var seen = new ConcurrentLinkedQueue<Partition.Reply>();
        LocalRequests requests = start(exchange -> {
            exchange.onReply(seen::add);
            exchanges.add(exchange);
        });
        CompletableFuture<ApiMessage> first = requests.call(ApiKeys.FETCH, VERSION, new FetchRequestData());
        await("the first runs", () -> exchanges.size() == 1);
        Exchange ended = exchanges.element();
        ended.respond(new FetchResponseData());
        first.get(20, TimeUnit.SECONDS);
        await("the lane is free", () -> requests.idleLanes() == 1);
        var _ = requests.call(ApiKeys.FETCH, VERSION, new FetchRequestData());
        await("the second runs", () -> exchanges.size() == 2);

        // When
        var slice = new CountingSlice(10);
        ended.replyTo().tell(new Partition.ReadReply(
                ended.requestId(), 0, KafkaError.NONE, 1, 1, 0, slice, null, -1, -1));

        // Then
        await("the slice is released", () -> slice.releases.get() == 1);
        assertThat(seen).isEmpty();
    }

    @Test
    void requestsAtTheSameTimeHaveAddressesOfTheirOwnSinceAPartitionWatchesOneReadForEach() {
        LocalRequests requests = start(exchanges::add);

        for (int i = 0; i < 3; i++) {
            var _ = requests.call(ApiKeys.FETCH, VERSION, new FetchRequestData());
        }

        await("all run", () -> exchanges.size() == 3);
        assertThat(exchanges.stream().map(Exchange::replyTo).distinct()).hasSize(3);
    }

    @Test
    void oneRequestTooManyIsRefusedAndServedAfterAnotherEnded() throws Exception {
        // Given
        LocalRequests requests = start(exchanges::add);
        var answers = new ArrayList<CompletableFuture<ApiMessage>>();
        for (int i = 0; i < 4; i++) {
            answers.add(requests.call(ApiKeys.FETCH, VERSION, new FetchRequestData()));
        }
        assertThatThrownBy(() -> requests.call(ApiKeys.FETCH, VERSION, new FetchRequestData()).get(20, TimeUnit.SECONDS))
                .hasCauseInstanceOf(BusyException.class);
        await("all run", () -> exchanges.size() == 4);

        // When
        exchanges.remove().respond(new FetchResponseData());

        // Then
        await("one lane is free", () -> requests.idleLanes() == 1);
        var _ = requests.call(ApiKeys.FETCH, VERSION, new FetchRequestData());
        await("it runs", () -> exchanges.size() == 4);
    }

    @Test
    void whatAHandlerThrowsNowOrLaterFailsTheRequestAlone() throws Exception {
        var calls = new AtomicInteger();
        LocalRequests requests = start(exchange -> {
            switch (calls.getAndIncrement()) {
                case 0 -> throw new IllegalStateException("now");
                case 1 -> exchange.respondWhen(CompletableFuture.failedFuture(new IllegalStateException("later")));
                case 2 -> exchange.respondNothing();
                default -> exchange.respond(new FetchResponseData().setSessionId(5));
            }
        });

        for (String message : List.of("now", "later", "acks=0")) {
            assertThatThrownBy(() -> requests.call(ApiKeys.FETCH, VERSION, new FetchRequestData()).get(20, TimeUnit.SECONDS))
                    .cause()
                    .hasMessageContaining(message);
        }
        ApiMessage answer = requests.call(ApiKeys.FETCH, VERSION, new FetchRequestData()).get(20, TimeUnit.SECONDS);
        assertThat(((FetchResponseData) answer).sessionId()).isEqualTo(5);
    }

    @Test
    void aVersionThatIsNotServedIsRefusedAtOnce() {
        LocalRequests requests = start(exchanges::add);

        assertThatThrownBy(() -> requests.call(ApiKeys.FETCH, (short) 3, new FetchRequestData()))
                .hasMessageContaining("FETCH version 3 is not served");
        assertThatThrownBy(() -> requests.call(ApiKeys.METADATA, (short) 9, new FetchRequestData()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private LocalRequests start(Consumer<Exchange> code) {
        var handler = new ApiHandler() {
            @Override
            public ApiKeys apiKey() {
                return ApiKeys.FETCH;
            }

            @Override
            public void handle(Exchange exchange) {
                code.accept(exchange);
            }
        };
        return LocalRequests.start(
                kit.system(), "PLAINTEXT", AdvertisedApis.of(List.of(ApiKeys.FETCH)), Map.of(ApiKeys.FETCH, handler),
                new LocalSettings(4, 100_000, LONG));
    }

    private static FetchResponseData response(List<CountingSlice> slices) {
        var topic = new FetchableTopicResponse().setTopic("orders");
        for (CountingSlice slice : slices) {
            topic.partitions().add(new PartitionData().setRecords(new FileSliceRecords(slice)));
        }
        return new FetchResponseData().setResponses(List.of(topic));
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within 20 s: " + what);
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** Bytes of value 7; a size of -1 stands for one byte that cannot be read. */
    private static final class CountingSlice implements FileSlice {
        final AtomicInteger releases = new AtomicInteger();
        final AtomicInteger reads = new AtomicInteger();
        private final int sizeBytes;

        CountingSlice(int sizeBytes) {
            this.sizeBytes = sizeBytes;
        }

        @Override
        public int sizeBytes() {
            return Math.abs(sizeBytes);
        }

        @Override
        public long transferTo(int from, WritableByteChannel target) {
            throw new UnsupportedOperationException("nothing is sent");
        }

        @Override
        public void read(int from, ByteBuffer target) throws IOException {
            reads.incrementAndGet();
            if (sizeBytes < 0) {
                throw new IOException("the disk refuses");
            }
            while (target.hasRemaining()) {
                target.put((byte) 7);
            }
        }

        @Override
        public void release() {
            releases.incrementAndGet();
        }
    }
}
