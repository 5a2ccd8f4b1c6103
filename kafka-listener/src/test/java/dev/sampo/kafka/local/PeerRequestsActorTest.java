package dev.sampo.kafka.local;

import com.typesafe.config.ConfigFactory;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.kafka.codec.AdvertisedApis;
import dev.sampo.kafka.codec.MessageBytes;
import dev.sampo.kafka.handler.ApiHandler;
import dev.sampo.kafka.handler.Exchange;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** What a broker serves its peers. */
final class PeerRequestsActorTest {
    private static final Duration WAIT = Duration.ofSeconds(20);
    private static final short VERSION = 4;

    private final ActorTestKit kit = ActorTestKit.create(
            "peers", ConfigFactory.parseResources("sampo-pekko.conf").withFallback(ConfigFactory.load()).resolve());
    private final TestProbe<PeerRequests.Message> peer = kit.createTestProbe(PeerRequests.Message.class);

    @BeforeEach
    void start() {
        var handler = new ApiHandler() {
            @Override
            public ApiKeys apiKey() {
                return ApiKeys.DESCRIBE_LOG_DIRS;
            }

            @Override
            public void handle(Exchange exchange) {
                exchange.respond(new DescribeLogDirsResponseData().setErrorCode(Errors.KAFKA_STORAGE_ERROR.code()));
            }
        };
        LocalRequests local = LocalRequests.start(
                kit.system(), "PLAINTEXT", AdvertisedApis.of(List.of(ApiKeys.DESCRIBE_LOG_DIRS, ApiKeys.METADATA)),
                Map.of(ApiKeys.DESCRIBE_LOG_DIRS, handler), new LocalSettings(4, 100_000, WAIT));
        var _ = PeerRequests.start(kit.system(), 1, local, WAIT);
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private PeerRequests.Answer ask(ApiKeys key, int version, byte[] request) {
        Adapter.toClassic(kit.system())
                .actorSelection("/system/peer-requests")
                .tell(new PeerRequests.Ask(key.id, version, request, peer.ref()), ActorRef.noSender());
        return peer.expectMessageClass(PeerRequests.Answer.class, WAIT);
    }

    @Test
    void bytesThatAreNoRequestAreRefusedAndTheNextIsServed() {
        // Given
        byte[] good = MessageBytes.of(new DescribeLogDirsRequestData(), VERSION);

        // When
        PeerRequests.Answer refused = ask(ApiKeys.DESCRIBE_LOG_DIRS, VERSION, new byte[] {127});
        PeerRequests.Answer served = ask(ApiKeys.DESCRIBE_LOG_DIRS, VERSION, good);

        // Then
        assertThat(refused.error()).isEqualTo(KafkaError.UNKNOWN_SERVER_ERROR);
        assertThat(served.error()).isEqualTo(KafkaError.NONE);
        var response = (DescribeLogDirsResponseData)
                MessageBytes.response(ApiKeys.DESCRIBE_LOG_DIRS, VERSION, served.response());
        assertThat(response.errorCode()).isEqualTo(Errors.KAFKA_STORAGE_ERROR.code());
    }

    @Test
    void whatIsNotMeantForPeersIsRefused() {
        assertThat(ask(ApiKeys.METADATA, 12, new byte[0]).error()).isEqualTo(KafkaError.UNSUPPORTED_VERSION);
        assertThat(ask(ApiKeys.DESCRIBE_LOG_DIRS, 99, new byte[0]).error()).isEqualTo(KafkaError.UNSUPPORTED_VERSION);
    }
}
