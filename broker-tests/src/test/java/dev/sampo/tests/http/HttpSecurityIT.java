package dev.sampo.tests.http;

import dev.sampo.cluster.BrokerSettings;
import dev.sampo.cluster.SampoBroker;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Who is let in, and where the server listens at all. */
final class HttpSecurityIT {
    @TempDir
    private Path folder;

    @Test
    void withATokenEveryPathButHealthNeedsIt() {
        try (HttpBroker http = HttpBroker.start(folder.resolve("data"), settings -> settings.with("sampo.http.token", "secret-token"))) {
            var refused = http.get("/v1/topics");
            assertThat(refused.status()).isEqualTo(401);
            assertThat(refused.problem()).isEqualTo("unauthorized");
            assertThat(refused.response().headers().firstValue("www-authenticate")).hasValueSatisfying(
                    value -> assertThat(value).startsWith("Bearer"));
            assertThat(http.get("/v1/nothing").status()).isEqualTo(401);
            assertThat(http.get("/health/live").status()).isEqualTo(200);
            assertThat(http.get("/health/ready").status()).isEqualTo(200);
            for (String wrong : new String[] {"Bearer secret-toke", "Bearer secret-token2", "Basic secret-token", "Bearer"}) {
                assertThat(http.send(http.request("/v1/topics").header("Authorization", wrong).GET()).status()).isEqualTo(401);
            }
            assertThat(http.send(http.request("/v1/topics").header("Authorization", "bearer secret-token").GET()).status())
                    .isEqualTo(200);
        }
    }

    @Test
    void withoutATokenPagesInABrowserAreKeptOut() throws IOException {
        try (HttpBroker http = HttpBroker.start(folder.resolve("data"))) {
            int port = http.address.getPort();
            assertThat(status(http.address, "Host: localhost:" + port)).isEqualTo(200);
            assertThat(status(http.address, "Host: [::1]:" + port)).isEqualTo(200);
            assertThat(status(http.address, "Host: rebound.example:" + port)).isEqualTo(403);
            assertThat(status(http.address, "Host: 127.0.0.1.evil.example")).isEqualTo(403);
            assertThat(status(http.address, "Host: localhost:" + port + "\r\nOrigin: http://evil.example")).isEqualTo(403);
            assertThat(status(http.address, "Host: localhost:" + port + "\r\nOrigin: http://localhost:" + port)).isEqualTo(200);
        }
    }

    private static int status(InetSocketAddress address, String headers) throws IOException {
        try (var socket = new Socket()) {
            socket.connect(address);
            OutputStream out = socket.getOutputStream();
            out.write(("GET /v1/cluster HTTP/1.1\r\n" + headers + "\r\nConnection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            return Integer.parseInt(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII).substring(9));
        }
    }

    @Test
    void anAddressThatOthersReachIsRefusedWithoutATokenAndNamesTheRemedy() {
        BrokerSettings open = BrokerSettings.embedded(folder.resolve("data")).with("sampo.http.host", "0.0.0.0").withHttp(0);

        assertThatThrownBy(() -> SampoBroker.start(open))
                .hasMessageContaining("sampo.http.host is 0.0.0.0")
                .hasMessageContaining("set sampo.http.token");
    }

    @Test
    void aTakenPortIsNamedWithItsSettingAndAnEmbeddedBrokerHasNoHttp() throws IOException {
        try (var taken = new ServerSocket()) {
            taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            BrokerSettings settings = BrokerSettings.embedded(folder.resolve("data"))
                    .with("sampo.remoting.port", 0)
                    .with("sampo.raft.port", 0);

            assertThatThrownBy(() -> SampoBroker.start(settings.withHttp(taken.getLocalPort())))
                    .hasMessageContaining("port " + taken.getLocalPort() + " is taken")
                    .hasMessageContaining("sampo.http.port");
            try (SampoBroker broker = SampoBroker.start(settings)) {
                assertThat(broker.httpAddress()).isEmpty();
            }
        }
    }
}
