package dev.sampo.gate;

import com.typesafe.config.ConfigFactory;
import java.io.NotSerializableException;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class GateSerializerActorTest {
    private static final ActorTestKit KIT = ActorTestKit.create(ConfigFactory.load());

    private final Serialization serialization = SerializationExtension.get(Adapter.toClassic(KIT.system()));

    @AfterAll
    static void end() {
        KIT.shutdownTestKit();
    }

    @Test
    void everyMessageIsReadAsItWasWritten() throws NotSerializableException {
        TestProbe<Gate.ToStream> stream = KIT.createTestProbe();
        TestProbe<Gate.ToConnection> connection = KIT.createTestProbe();
        for (Gate.Message message : List.of(
                new Gate.Open(stream.getRef(), "pekko://sampo@h:1#-2", true), new Gate.Opened(connection.getRef()),
                new Gate.Called("größe"), new Gate.Taken(1_048_576), new Gate.End("why"))) {
            assertThat(again(message)).isEqualTo(message);
        }
        assertThat(again(new Gate.Bytes(7, new byte[] {1, 2, 3}))).isInstanceOfSatisfying(Gate.Bytes.class, bytes -> {
            assertThat(bytes.number()).isEqualTo(7);
            assertThat(bytes.bytes()).containsExactly(1, 2, 3);
        });
    }

    private Object again(Gate.Message message) throws NotSerializableException {
        var serializer = (GateSerializer) serialization.findSerializerFor(message);
        String manifest = serializer.manifest(message);
        ByteBuffer frame = ByteBuffer.allocate(10_000);
        serializer.toBinary(message, frame);
        byte[] written = serializer.toBinary(message);
        assertThat(frame.flip()).isEqualTo(ByteBuffer.wrap(written));
        return serializer.fromBinary(written, manifest);
    }

    @Test
    void bytesThatAreNoMessageAreRefused() {
        var serializer = (GateSerializer) serialization.findSerializerFor(new Gate.Taken(1));
        assertThatThrownBy(() -> serializer.fromBinary(new byte[2], "T")).isInstanceOf(NotSerializableException.class);
        assertThatThrownBy(() -> serializer.fromBinary(new byte[2], "X")).isInstanceOf(NotSerializableException.class);
    }
}
