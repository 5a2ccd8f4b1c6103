package dev.sampo.kafka.frame;

import dev.sampo.actors.loop.BufferPool;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class FrameDecoderTest {
    private static final int MIB = 1 << 20;
    private static final FrameLimits LIMITS = new FrameLimits(100 * MIB, 512 * 1024, 4096, 30_000);

    private final BufferPool pool = new BufferPool(16 * MIB);
    private final RequestBudget budget = new RequestBudget(400L * MIB);
    private final FrameDecoder decoder = new FrameDecoder(LIMITS, pool, budget);

    @Test
    void framesSplitAtEveryByteBoundaryComeOutWhole() throws FrameException {
        // Given
        ByteBuffer stream = stream(frame(1, 8), frame(2, 100), frame(3, 9), frame(4, 50));
        for (int first = 0; first <= stream.limit(); first++) {
            for (int second = first; second <= stream.limit(); second += 3) {
                var split = new FrameDecoder(LIMITS, pool, budget);
                List<ByteBuffer> frames = new ArrayList<>();

                // When
                drain(split, stream.slice(0, first), frames);
                drain(split, stream.slice(first, second - first), frames);
                drain(split, stream.slice(second, stream.limit() - second), frames);

                // Then
                assertThat(frames).containsExactly(
                        ByteBuffer.wrap(frame(1, 8)), ByteBuffer.wrap(frame(2, 100)), ByteBuffer.wrap(frame(3, 9)),
                        ByteBuffer.wrap(frame(4, 50)));
                assertThat(split.midFrame()).isFalse();
            }
        }
        assertThat(budget.usedBytes()).isZero();
    }

    @Test
    void largeFrameReadInRandomPiecesIsWhole() throws FrameException {
        // Given
        byte[] large = frame(0, 5 * MIB);
        ByteBuffer stream = stream(large, frame(1, 8));
        var random = new Random(7);
        List<ByteBuffer> frames = new ArrayList<>();

        // When
        while (stream.hasRemaining()) {
            ByteBuffer target = decoder.target();
            int count = Math.min(stream.remaining(), 1 + random.nextInt(100_000));
            if (target == null) {
                drain(decoder, stream.slice(stream.position(), count), frames);
            } else {
                count = Math.min(count, target.remaining());
                target.put(stream.slice(stream.position(), count));
                drain(decoder, ByteBuffer.allocate(0), frames);
            }
            stream.position(stream.position() + count);
        }

        // Then
        assertThat(frames).containsExactly(ByteBuffer.wrap(large), ByteBuffer.wrap(frame(1, 8)));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, 0, 7, 100 * MIB + 1, Integer.MAX_VALUE, 0x47455420, 0x16030100})
    void sizeOutsideTheLimitsIsRefusedWithoutAllocation(int size) {
        assertThatThrownBy(() -> decoder.next(ByteBuffer.allocate(4).putInt(size).flip(), 0))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining(Integer.toString(size));
        assertThat(decoder.target()).isNull();
    }

    @Test
    void firstFrameMayBeLargeOnlyWhenItIsProduce() throws FrameException {
        // Given
        ByteBuffer metadata = ByteBuffer.allocate(6).putInt(512 * 1024 + 1).putShort((short) 3).flip();
        ByteBuffer produce = ByteBuffer.allocate(6).putInt(512 * 1024 + 1).putShort((short) 0).flip();

        // When, Then
        assertThat(new FrameDecoder(LIMITS, pool, budget).next(produce, 0)).isNull();
        assertThatThrownBy(() -> decoder.next(metadata, 0))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining("first frame");
    }

    @Test
    void memoryHeldGrowsWithWhatArrivedNotWithWhatWasDeclared() throws FrameException {
        // Given
        decoder.next(ByteBuffer.allocate(4).putInt(100 * MIB).flip(), 0);

        // When, Then
        int arrived = 0;
        while (arrived < 90 * MIB) {
            ByteBuffer target = decoder.target();
            assertThat(target == null ? 0 : target.capacity())
                    .isLessThanOrEqualTo(arrived < 64 * 1024 ? 64 * 1024 : Math.max(MIB, Math.max(1, 4 * arrived)));
            int step = target == null ? 1000 : Math.min(target.remaining(), 300_000);
            if (target == null) {
                decoder.next(ByteBuffer.allocate(step), 0);
            } else {
                target.position(target.position() + step);
                decoder.next(ByteBuffer.allocate(0), 0);
            }
            arrived += step;
        }
    }

    @Test
    void startedFrameThatStallsIsTooSlow() throws FrameException {
        // When
        decoder.next(ByteBuffer.allocate(5).putInt(1000).flip().limit(5), 1_000);

        // Then
        assertThat(decoder.tooSlow(31_000)).isFalse();
        assertThat(decoder.tooSlow(31_001)).isTrue();
        decoder.restartClock(31_001);
        assertThat(decoder.tooSlow(61_001)).isFalse();
    }

    @Test
    void frameAboveTheMinimumRateIsNotTooSlow() throws FrameException {
        // Given
        decoder.next(ByteBuffer.allocate(4).putInt(10 * MIB).flip(), 0);

        // When
        decoder.next(ByteBuffer.allocate(50 * 4096), 1_000);

        // Then
        assertThat(decoder.tooSlow(49_000)).isFalse();
        assertThat(decoder.tooSlow(51_000)).isTrue();
    }

    @Test
    void budgetResumesWaitersInTheirOrderOnceThereIsRoom() {
        // Given
        var small = new RequestBudget(100);
        List<Integer> resumed = new ArrayList<>();
        small.charge(150);
        small.await(Runnable::run, () -> {
            resumed.add(1);
            small.charge(100);
        });
        small.await(Runnable::run, () -> resumed.add(2));

        // When
        small.release(40);
        assertThat(resumed).isEmpty();
        small.release(20);

        // Then
        assertThat(resumed).containsExactly(1);
        small.release(100);
        assertThat(resumed).containsExactly(1, 2);
    }

    private static void drain(FrameDecoder from, ByteBuffer source, List<ByteBuffer> into) throws FrameException {
        for (Frame frame = from.next(source, 0); frame != null; frame = from.next(source, 0)) {
            byte[] copy = new byte[frame.bytes().remaining()];
            frame.bytes().get(copy);
            into.add(ByteBuffer.wrap(copy));
            frame.release();
            frame.release();
        }
    }

    private static byte[] frame(int key, int size) {
        byte[] bytes = new byte[size];
        new Random(key).nextBytes(bytes);
        return ByteBuffer.wrap(bytes).putShort((short) key).array();
    }

    private static ByteBuffer stream(byte[]... frames) {
        int size = 0;
        for (byte[] frame : frames) {
            size += 4 + frame.length;
        }
        ByteBuffer stream = ByteBuffer.allocate(size);
        for (byte[] frame : frames) {
            stream.putInt(frame.length).put(frame);
        }
        return stream.flip();
    }
}
