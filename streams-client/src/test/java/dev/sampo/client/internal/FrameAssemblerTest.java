package dev.sampo.client.internal;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class FrameAssemblerTest {
    @Test
    void responsesAreWholeHoweverTheirBytesArrive() {
        // Given
        ByteBuffer wire = ByteBuffer.allocate(64).putInt(3).put(new byte[] {1, 2, 3}).putInt(0).putInt(1).put((byte) 9);
        wire.flip();
        for (int chunk = 1; chunk <= wire.limit(); chunk++) {
            var assembler = new FrameAssembler(100);
            var frames = new ArrayList<byte[]>();

            // When
            for (int at = 0; at < wire.limit(); at += chunk) {
                ByteBuffer part = wire.slice(at, Math.min(chunk, wire.limit() - at));
                assembler.feed(part, frame -> {
                    byte[] bytes = new byte[frame.remaining()];
                    frame.get(bytes);
                    frames.add(bytes);
                });
            }

            // Then
            assertThat(frames).containsExactly(new byte[] {1, 2, 3}, new byte[0], new byte[] {9});
        }
    }

    @Test
    void aLengthAboveTheLimitIsRefusedBeforeAnythingIsAllocated() {
        // Given
        var assembler = new FrameAssembler(100);
        ByteBuffer http = ByteBuffer.wrap("HTTP/1.1 400".getBytes(java.nio.charset.StandardCharsets.US_ASCII));

        // When, Then
        assertThatThrownBy(() -> assembler.feed(http, frame -> {})).hasMessageContaining("is this a Kafka listener?");
    }
}
