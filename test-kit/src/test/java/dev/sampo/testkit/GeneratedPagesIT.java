package dev.sampo.testkit;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;
import org.apache.kafka.common.requests.ResponseHeader;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** The pages below {@code docs/} say what the code says. */
final class GeneratedPagesIT {
    private static final Path DOCS = GeneratedPages.project().resolve("docs");

    @Test
    void thePageOfSettingsIsThatOfTheModulesAndOfKafkasNames() throws IOException {
        String page = GeneratedPages.settings(GeneratedPages.project());
        assertThat(page).contains("| `sampo.group.initial-rebalance-delay` | `3s` |", "| `num.partitions` |", "| `retention.ms` |");
        check("settings.md", page);
    }

    @Test
    @SampoTest
    void thePageOfApisIsWhatABrokerAdvertises(SampoCluster cluster) throws IOException {
        Map<Short, ApiVersion> served = served(cluster);
        assertThat(served).containsKeys(ApiKeys.PRODUCE.id, ApiKeys.FETCH.id, ApiKeys.API_VERSIONS.id);
        check("apis.md", GeneratedPages.apis(served));
    }

    private static void check(String name, String page) throws IOException {
        Path file = DOCS.resolve(name);
        if (Boolean.getBoolean("sampo.docs.write")) {
            Files.createDirectories(DOCS);
            Files.writeString(file, page);
        }
        assertThat(Files.exists(file) ? Files.readString(file) : "")
                .as("docs/" + name + " is not what the code says; make it anew with: " + GeneratedPages.COMMAND)
                .isEqualTo(page);
    }

    private static Map<Short, ApiVersion> served(SampoCluster cluster) throws IOException {
        String servers = cluster.bootstrapServers();
        short version = ApiKeys.API_VERSIONS.latestVersion();
        var request = new ApiVersionsRequest(
                new ApiVersionsRequestData().setClientSoftwareName("docs").setClientSoftwareVersion("1"), version);
        var header = new RequestHeader(ApiKeys.API_VERSIONS, version, "docs", 1);
        ByteBuffer bytes = RequestUtils.serialize(header.data(), header.headerVersion(), request.data(), version);
        try (var socket = new Socket(
                InetAddress.getLoopbackAddress(), Integer.parseInt(servers.substring(servers.indexOf(':') + 1)))) {
            var frame = ByteBuffer.allocate(4 + bytes.remaining()).putInt(bytes.remaining()).put(bytes);
            socket.getOutputStream().write(frame.array());
            var in = new DataInputStream(socket.getInputStream());
            ByteBuffer answer = ByteBuffer.wrap(in.readNBytes(in.readInt()));
            ResponseHeader.parse(answer, ApiKeys.API_VERSIONS.responseHeaderVersion(version));
            var served = new TreeMap<Short, ApiVersion>();
            ApiVersionsResponse.parse(new ByteBufferAccessor(answer), version).data().apiKeys()
                    .forEach(api -> served.put(api.apiKey(), api));
            return served;
        }
    }
}
