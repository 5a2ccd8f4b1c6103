package dev.sampo.tests.chaos.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file system of its own in memory, which can be filled to the last byte and emptied again. */
public final class SmallDisk implements AutoCloseable {
    private static final int STEP_BYTES = 1 << 20;

    private final Path folder;
    private final Thread atExit;

    private SmallDisk(Path folder) {
        this.folder = folder;
        this.atExit = new Thread(this::unmount, "unmount " + folder);
    }

    /** Why there can be none here; empty when there can. */
    public static String missing() {
        return Shell.isRoot() ? "" : "mounting a disk takes root";
    }

    static SmallDisk mount(Path folder, int sizeMiB) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Shell.must("mount", "-t", "tmpfs", "-o", "size=" + sizeMiB + "m", "sampo-chaos", folder.toString());
        var disk = new SmallDisk(folder);
        Runtime.getRuntime().addShutdownHook(disk.atExit);
        return disk;
    }

    private Path ballast() {
        return folder.resolve("ballast");
    }

    /** Takes all that is left. */
    public void fill() {
        try (FileChannel channel = FileChannel.open(ballast(), StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            for (int size = STEP_BYTES; size > 0; ) {
                try {
                    channel.write(ByteBuffer.allocate(size));
                } catch (IOException full) {
                    size /= 2;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void empty() {
        try {
            Files.deleteIfExists(ballast());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void unmount() {
        Shell.run("umount", "-l", folder.toString());
    }

    @Override
    public void close() {
        unmount();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }
}
