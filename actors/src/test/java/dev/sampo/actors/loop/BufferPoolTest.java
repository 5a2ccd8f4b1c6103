package dev.sampo.actors.loop;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class BufferPoolTest {
    private final BufferPool pool = new BufferPool(1 << 20);

    @Test
    void bufferIsReusedForItsClass() {
        // Given
        ByteBuffer first = pool.take(600);
        pool.give(first);

        // When
        ByteBuffer second = pool.take(1000);

        // Then
        assertThat(second).isSameAs(first);
        assertThat(second.position()).isZero();
        assertThat(second.limit()).isEqualTo(1000);
        assertThat(pool.retainedBytes()).isZero();
    }

    @Test
    void poolKeepsNoMoreThanItsBound() {
        // When
        for (int i = 0; i < 10; i++) {
            pool.give(ByteBuffer.allocateDirect(1 << 18));
        }

        // Then
        assertThat(pool.retainedBytes()).isEqualTo(1 << 20);
    }

    @Test
    void bufferAboveTheLargestClassHasItsExactSize() {
        assertThat(pool.take(BufferPool.LARGEST_BYTES + 1).capacity()).isEqualTo(BufferPool.LARGEST_BYTES + 1);
    }
}
