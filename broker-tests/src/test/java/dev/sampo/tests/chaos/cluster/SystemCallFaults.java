package dev.sampo.tests.chaos.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;

/** Forces that fail or stall, and a wall clock that jumps, in one running broker: {@code src/test/native/faults.c}. */
public final class SystemCallFaults {
    private static final int SIZE_BYTES = 24;
    private static final int EIO = 5;
    private static final Path SOURCE = Path.of("src", "test", "native", "faults.c").toAbsolutePath();

    private final Path control;
    private final MappedByteBuffer values;
    private final String concernedPath;

    private SystemCallFaults(Path control, MappedByteBuffer values, String concernedPath) {
        this.control = control;
        this.values = values;
        this.concernedPath = concernedPath;
    }

    /** Why there can be none here; empty when there can. */
    public static String missing() {
        if (!"Linux".equals(System.getProperty("os.name"))) {
            return "preloading a library takes Linux";
        }
        return Shell.has("gcc", "gcc") ? "" : "gcc is missing";
    }

    /** @param concernedPath a part of the path of the files whose forcing fails; empty for all files */
    static SystemCallFaults create(Path folder, String concernedPath) {
        Path control = folder.resolve("faults");
        try {
            Files.write(control, new byte[SIZE_BYTES]);
            try (FileChannel channel = FileChannel.open(control, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                MappedByteBuffer values = channel.map(FileChannel.MapMode.READ_WRITE, 0, SIZE_BYTES);
                values.order(ByteOrder.nativeOrder());
                return new SystemCallFaults(control, values, concernedPath);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the broker's process needs to have in its environment. */
    Map<String, String> environment() {
        return Map.of("LD_PRELOAD", library().toString(), "SAMPO_FAULTS", control.toString(), "SAMPO_FAULTS_PATH", concernedPath);
    }

    private static synchronized Path library() {
        Path library = Path.of("target", "native", "faults.so").toAbsolutePath();
        try {
            if (!Files.exists(library) || Files.getLastModifiedTime(library).compareTo(Files.getLastModifiedTime(SOURCE)) < 0) {
                Files.createDirectories(library.getParent());
                Shell.must("gcc", "-O2", "-Wall", "-shared", "-fPIC", "-o", library.toString(), SOURCE.toString(), "-ldl");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return library;
    }

    /** The wall clock from now on; the monotonic clock goes on as before. */
    public void moveClock(Duration offset) {
        values.putLong(0, offset.toNanos());
    }

    /** Each force throws an input/output error from now on. */
    public void failForces() {
        values.putInt(8, EIO);
    }

    /** Each force takes that long from now on. */
    public void stallForces(Duration time) {
        values.putInt(12, (int) time.toMillis());
    }

    /** Forces do their work again. */
    public void repairForces() {
        values.putInt(8, 0);
        values.putInt(12, 0);
    }

    /** How many forces failed so far. */
    public long failedForces() {
        return values.getLong(16);
    }
}
