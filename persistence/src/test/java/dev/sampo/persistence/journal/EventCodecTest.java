package dev.sampo.persistence.journal;

import java.util.HexFormat;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class EventCodecTest {
    private static ActorTestKit kit;
    private static EventCodec codec;

    @BeforeAll
    static void start() {
        kit = ActorTestKit.create("codec");
        codec = EventCodec.of(kit.system());
    }

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void theBytesOfAnEntryNeverChange() {
        // Given: version 1, Pekko's serializer 20 for strings, no manifest, "event"
        String golden = "01" + "00000014" + "0000" + "6576656e74";
        // Then
        assertThat(HexFormat.of().formatHex(codec.encode("event"))).isEqualTo(golden);
        assertThat(codec.decode(HexFormat.of().parseHex(golden))).isEqualTo("event");
    }

    @Test
    void bytesThatAreNoEntryAreRefusedWithWhatIsWrong() {
        HexFormat hex = HexFormat.of();
        assertThatThrownBy(() -> codec.decode(new byte[0])).hasMessageContaining("ends in its header");
        assertThatThrownBy(() -> codec.decode(hex.parseHex("02000000140000"))).hasMessageContaining("version 2");
        assertThatThrownBy(() -> codec.decode(hex.parseHex("0100000014ffff61"))).hasMessageContaining("65535 bytes");
        assertThatThrownBy(() -> codec.decode(hex.parseHex("017fffffff0000"))).hasMessageContaining("2147483647");
    }
}
