package dev.sampo.cluster;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Which boot of the machine a data folder was last used in, in its file {@code boot-id} (text). Within one boot the page
 * cache survives every process, so a process that was killed has lost nothing that it wrote.
 */
final class BootId {
    private static final Path OF_THE_MACHINE = Path.of("/proc/sys/kernel/random/boot_id");
    private static final String FILE = "boot-id";

    private BootId() {}

    /** False too when one of the two is not known. */
    static boolean isThatOf(Path folder) {
        Optional<String> now = read(OF_THE_MACHINE);
        return now.isPresent() && now.equals(read(folder.resolve(FILE)));
    }

    /** Forced to disk. Where the machine tells none the file is taken away. */
    static void write(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        Optional<String> now = read(OF_THE_MACHINE);
        if (now.isEmpty()) {
            Files.deleteIfExists(file);
            return;
        }
        if (now.equals(read(file))) {
            return;
        }
        Path unfinished = folder.resolve(FILE + ".tmp");
        try (FileChannel channel = FileChannel.open(
                unfinished, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            channel.write(ByteBuffer.wrap((now.get() + "\n").getBytes(StandardCharsets.UTF_8)));
            channel.force(true);
        }
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** From now on the folder's logs count as ones that may have lost their end. */
    static void forget(Path folder) throws IOException {
        Files.deleteIfExists(folder.resolve(FILE));
    }

    private static Optional<String> read(Path file) {
        try {
            String text = Files.readString(file).strip();
            return text.isEmpty() ? Optional.empty() : Optional.of(text);
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
