package dev.sampo.group.lag;

import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * The history of one lag, packed: a value for each step of time, few bytes for a step where it changed and none where it
 * did not. Steps are kept in blocks of {@value #BLOCK_STEPS}, which are dropped whole.
 *
 * <pre>
 * block: entries in order of time, each begins with a number (7 bits a byte, low ones first):
 *   0 n        the value before, for n steps more
 *   1 n        n steps without a value
 *   d+2 t      one step: d and t, zigzag, are the changes of records and of tenths of a second;
 *              the first of a block counts from 0
 * </pre>
 */
final class LagSeries {
    static final int BLOCK_STEPS = 360;

    private static final int REPEAT = 0;
    private static final int GAP = 1;
    private static final int FIRST_CHANGE = 2;
    private static final int FIRST_BYTES = 16;
    /** Of a block beside its bytes: two headers, the fields, its place in the queue. */
    private static final int BLOCK_OVERHEAD_BYTES = 80;

    /** Takes what is read. */
    @FunctionalInterface
    interface Reader {
        /** {@code tenths} of a second. */
        void value(long step, long records, long tenths);
    }

    private static final class Block {
        private final long number;
        private byte[] bytes = new byte[FIRST_BYTES];
        private int size;
        private int steps; // behind the last entry
        private int repeats; // behind those, not written yet
        private long records;
        private long tenths;

        Block(long number) {
            this.number = number;
        }

        void add(int place, long newRecords, long newTenths) {
            int gap = place - steps - repeats;
            if (gap == 0 && steps > 0 && newRecords == records && newTenths == tenths) {
                repeats++;
                return;
            }
            writeRepeats();
            if (gap > 0) {
                write(GAP);
                write(gap);
            }
            write(zigzag(newRecords - records) + FIRST_CHANGE);
            write(zigzag(newTenths - tenths));
            records = newRecords;
            tenths = newTenths;
            steps = place + 1;
        }

        private void writeRepeats() {
            if (repeats > 0) {
                write(REPEAT);
                write(repeats);
                steps += repeats;
                repeats = 0;
            }
        }

        /** Nothing is added any more. */
        void close() {
            writeRepeats();
            bytes = Arrays.copyOf(bytes, size);
        }

        private void write(long number) {
            if (size + 10 > bytes.length) {
                bytes = Arrays.copyOf(bytes, bytes.length * 2);
            }
            long rest = number;
            while ((rest & ~0x7FL) != 0) {
                bytes[size++] = (byte) (rest | 0x80);
                rest >>>= 7;
            }
            bytes[size++] = (byte) rest;
        }

        void read(long from, long to, Reader reader) {
            long step = number * BLOCK_STEPS;
            long readRecords = 0;
            long readTenths = 0;
            var in = new int[1];
            while (in[0] < size) {
                long entry = number(in);
                long length = 1;
                if (entry == GAP) {
                    step += number(in);
                    continue;
                } else if (entry == REPEAT) {
                    length = number(in);
                } else {
                    readRecords += unzigzag(entry - FIRST_CHANGE);
                    readTenths += unzigzag(number(in));
                }
                tell(step, length, from, to, readRecords, readTenths, reader);
                step += length;
            }
            tell(step, repeats, from, to, readRecords, readTenths, reader);
        }

        private static void tell(
                long step, long length, long from, long to, long records, long tenths, Reader reader) {
            for (long i = Math.max(step, from); i < Math.min(step + length, to); i++) {
                reader.value(i, records, tenths);
            }
        }

        private long number(int[] in) {
            long number = 0;
            for (int shift = 0; ; shift += 7) {
                byte next = bytes[in[0]++];
                number |= (long) (next & 0x7F) << shift;
                if (next >= 0) {
                    return number;
                }
            }
        }
    }

    private final ArrayDeque<Block> blocks = new ArrayDeque<>(2);
    private long lastStep = Long.MIN_VALUE;

    private static long zigzag(long value) {
        return (value << 1) ^ (value >> 63);
    }

    private static long unzigzag(long value) {
        return (value >>> 1) ^ -(value & 1);
    }

    /** The block that a step is in. */
    static long blockOf(long step) {
        return Math.floorDiv(step, BLOCK_STEPS);
    }

    /**
     * Adds a value; one for a step that is not behind the last is ignored.
     *
     * @param records up to 2^61
     * @param tenths of a second
     * @return by how much {@link #bytes} has grown or shrunk
     */
    int add(long step, long records, long tenths) {
        if (step <= lastStep) {
            return 0;
        }
        lastStep = step;
        int before = 0;
        Block block = blocks.peekLast();
        if (block == null || block.number != blockOf(step)) {
            if (block != null) {
                before = bytes(block);
                block.close();
                before -= bytes(block);
            }
            block = new Block(blockOf(step));
            blocks.addLast(block);
        } else {
            before = bytes(block);
        }
        block.add((int) Math.floorMod(step, (long) BLOCK_STEPS), records, tenths);
        return bytes(block) - before;
    }

    private static int bytes(Block block) {
        return block.bytes.length + BLOCK_OVERHEAD_BYTES;
    }

    /** Memory of the blocks. */
    int bytes() {
        return blocks.stream().mapToInt(LagSeries::bytes).sum();
    }

    /** The oldest block, {@link Long#MAX_VALUE} when there is none. */
    long oldestBlock() {
        Block oldest = blocks.peekFirst();
        return oldest == null ? Long.MAX_VALUE : oldest.number;
    }

    /** Forgets blocks before {@code number}; returns the bytes set free. */
    int dropBefore(long number) {
        int free = 0;
        for (Block oldest = blocks.peekFirst(); oldest != null && oldest.number < number; oldest = blocks.peekFirst()) {
            free += bytes(oldest);
            blocks.removeFirst();
        }
        return free;
    }

    /** All values of steps from {@code from} to before {@code to}, ascending. */
    void read(long from, long to, Reader reader) {
        for (Block block : blocks) {
            if (block.number >= blockOf(from) && block.number * BLOCK_STEPS < to) {
                block.read(from, to, reader);
            }
        }
    }
}
