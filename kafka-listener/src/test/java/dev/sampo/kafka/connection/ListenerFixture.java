package dev.sampo.kafka.connection;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.sampo.kafka.codec.AdvertisedApis;
import dev.sampo.kafka.handler.ApiHandler;
import dev.sampo.kafka.handler.ApiVersionsHandler;
import dev.sampo.kafka.handler.Exchange;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;

/** A listener on a free loopback port with the handlers of one test. */
final class ListenerFixture implements AutoCloseable {
    final ActorTestKit kit;
    final KafkaListener listener;
    private final AdvertisedApis apis;
    private final Map<ApiKeys, ApiHandler> handlers;

    private ListenerFixture(
            ActorTestKit kit, KafkaListener listener, AdvertisedApis apis, Map<ApiKeys, ApiHandler> handlers) {
        this.kit = kit;
        this.listener = listener;
        this.apis = apis;
        this.handlers = handlers;
    }

    static ListenerFixture start(String config, ApiHandler... handlers) throws IOException {
        Config settings = ConfigFactory.parseString(config)
                .withFallback(ConfigFactory.parseResources("sampo-pekko.conf"))
                .withFallback(ConfigFactory.load())
                .resolve();
        ActorTestKit kit = ActorTestKit.create("listener", settings);
        Map<ApiKeys, ApiHandler> byKey = new EnumMap<>(ApiKeys.class);
        for (ApiHandler handler : handlers) {
            byKey.put(handler.apiKey(), handler);
        }
        byKey.put(ApiKeys.API_VERSIONS, null);
        AdvertisedApis apis = AdvertisedApis.of(byKey.keySet());
        byKey.put(ApiKeys.API_VERSIONS, new ApiVersionsHandler(apis, "cluster", 1));
        KafkaListener listener = KafkaListener.start(
                kit.system(), "PLAINTEXT", new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                ListenerSettings.from(kit.system().settings().config()), apis, byKey);
        return new ListenerFixture(kit, listener, apis, byKey);
    }

    static ApiHandler handler(ApiKeys key, boolean overlaps, Consumer<Exchange> code) {
        return new ApiHandler() {
            @Override
            public ApiKeys apiKey() {
                return key;
            }

            @Override
            public boolean overlaps() {
                return overlaps;
            }

            @Override
            public void handle(Exchange exchange) {
                code.accept(exchange);
            }
        };
    }

    /** The same handlers for streams on nodes of this name. */
    ClusterGate gate(String node) {
        return ClusterGate.start(
                kit.system(), "PLAINTEXT", ListenerSettings.from(kit.system().settings().config()), apis, handlers, node::equals);
    }

    Client connect() throws IOException {
        return new Client(new Socket(listener.address().getAddress(), listener.address().getPort()));
    }

    String bootstrap() {
        return "127.0.0.1:" + listener.address().getPort();
    }

    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within 20 s: " + what);
            }
            LockSupport.parkNanos(2_000_000);
        }
    }

    static byte[] frame(ApiKeys key, int version, int correlationId, ApiMessage body) {
        var header = new RequestHeader(key, (short) version, "test", correlationId);
        ByteBuffer bytes = RequestUtils.serialize(header.data(), header.headerVersion(), body, (short) version);
        return ByteBuffer.allocate(4 + bytes.remaining()).putInt(bytes.remaining()).put(bytes).array();
    }

    static byte[] bytes(ApiMessage body, int version) {
        return MessageUtil.byteBufferToArray(MessageUtil.toByteBufferAccessor(body, (short) version).buffer());
    }

    @Override
    public void close() {
        kit.shutdownTestKit();
    }

    /** A blocking client socket. */
    record Client(Socket socket, DataInputStream in, DataOutputStream out) implements AutoCloseable {
        Client(Socket socket) throws IOException {
            this(socket, new DataInputStream(socket.getInputStream()), new DataOutputStream(socket.getOutputStream()));
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) Duration.ofSeconds(20).toMillis());
        }

        void send(byte[] bytes) throws IOException {
            out.write(bytes);
            out.flush();
        }

        /** The next response frame without its length. */
        ByteBuffer receive() throws IOException {
            byte[] bytes = new byte[in.readInt()];
            in.readFully(bytes);
            return ByteBuffer.wrap(bytes);
        }

        /** True when the peer closed the connection. */
        boolean isClosedByPeer() {
            try {
                while (in.read() >= 0) {
                    continue;
                }
                return true;
            } catch (java.net.SocketTimeoutException e) {
                return false;
            } catch (IOException e) {
                return true; // reset
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
