package dev.sampo.persistence.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A file system in memory with a page cache: what was not forced may be lost, page by page, when the machine crashes.
 * Names change in the order of the calls; a crash keeps a prefix of the changes since the last forced directory.
 */
public final class FaultyLogFiles implements LogFiles {
    private static final int PAGE = 4096;

    /** Contents now and as the disk has them. */
    private static final class Node {
        byte[] now = new byte[0];
        int size;
        byte[] durable = new byte[0];
        BitSet dirty = new BitSet();
        long modifiedMs;

        void grow(int wanted) {
            if (wanted > now.length) {
                now = Arrays.copyOf(now, Math.max(wanted, now.length * 2));
            }
        }
    }

    private final Map<Path, Node> names = new TreeMap<>();
    private List<Map<Path, Node>> nameHistory = new ArrayList<>();
    private long bytesLeft = Long.MAX_VALUE;
    private boolean forceFails;
    private int renamesLeft = Integer.MAX_VALUE;
    public long nowMs;

    public FaultyLogFiles() {
        nameHistory.add(new TreeMap<>());
    }

    /** From now on, writes past this many bytes are refused (ENOSPC); the write that crosses it is torn. */
    public void limitSpace(long bytes) {
        bytesLeft = bytes;
    }

    /** The process dies at the next but this many renames. */
    public void limitRenames(int count) {
        renamesLeft = count;
    }

    void failForce() {
        forceFails = true;
    }

    /** The machine loses power: for every file, each page that was not forced is kept or lost. */
    public void crash(Random random) {
        Map<Path, Node> kept = nameHistory.get(random.nextInt(nameHistory.size()));
        for (Node node : kept.values()) {
            int low = Math.min(node.durable.length, node.size);
            int high = Math.max(node.durable.length, node.size);
            int size = switch (random.nextInt(3)) {
                case 0 -> node.size;
                case 1 -> node.durable.length;
                default -> low + random.nextInt(high - low + 1);
            };
            byte[] after = new byte[size];
            System.arraycopy(node.durable, 0, after, 0, Math.min(size, node.durable.length));
            for (int page = 0; page * PAGE < size; page++) {
                if (node.dirty.get(page) && random.nextInt(4) > 0) {
                    int from = page * PAGE;
                    int to = Math.min(Math.min(size, node.size), from + PAGE);
                    if (to > from) {
                        System.arraycopy(node.now, from, after, from, to - from);
                    }
                }
            }
            node.now = after;
            node.size = size;
            node.durable = after.clone();
            node.dirty.clear();
        }
        names.clear();
        names.putAll(kept);
        nameHistory = new ArrayList<>(List.of(new TreeMap<>(kept)));
        bytesLeft = Long.MAX_VALUE;
        renamesLeft = Integer.MAX_VALUE;
        forceFails = false;
    }

    /** The process dies: all that was written stays. */
    void kill() {
        bytesLeft = Long.MAX_VALUE;
        forceFails = false;
    }

    public byte[] contents(Path path) {
        Node node = names.get(path);
        return Arrays.copyOf(node.now, node.size);
    }

    public void flipBit(Path path, int position, int bit) {
        Node node = names.get(path);
        node.now[position] ^= (byte) (1 << bit);
        if (position < node.durable.length) {
            node.durable[position] ^= (byte) (1 << bit);
        }
    }

    void cut(Path path, int size) {
        Node node = names.get(path);
        node.size = Math.min(node.size, size);
        node.durable = Arrays.copyOf(node.durable, Math.min(node.durable.length, size));
    }

    private void namesChanged() {
        nameHistory.add(new TreeMap<>(names));
    }

    private Node node(Path path) throws IOException {
        Node node = names.get(path);
        if (node == null) {
            throw new NoSuchFileException(path.toString());
        }
        return node;
    }

    @Override
    public LogFile open(Path path) throws IOException {
        return new OpenFile(node(path));
    }

    @Override
    public LogFile openOrCreate(Path path) {
        Node node = names.get(path);
        if (node == null) {
            node = new Node();
            node.modifiedMs = nowMs;
            names.put(path, node);
            namesChanged();
        }
        return new OpenFile(node);
    }

    @Override
    public byte[] readAll(Path path) throws IOException {
        node(path);
        return contents(path);
    }

    @Override
    public ByteBuffer map(Path path) throws IOException {
        return ByteBuffer.wrap(readAll(path)).asReadOnlyBuffer();
    }

    @Override
    public boolean exists(Path path) {
        return names.containsKey(path);
    }

    @Override
    public long size(Path path) throws IOException {
        return node(path).size;
    }

    @Override
    public long lastModifiedMs(Path path) throws IOException {
        return node(path).modifiedMs;
    }

    @Override
    public void setLastModifiedMs(Path path, long timeMs) throws IOException {
        node(path).modifiedMs = timeMs;
    }

    @Override
    public List<String> list(Path directory) {
        return names.keySet().stream()
                .filter(path -> directory.equals(path.getParent()))
                .map(path -> path.getFileName().toString())
                .toList();
    }

    @Override
    public void createDirectories(Path directory) {}

    @Override
    public void move(Path source, Path target) throws IOException {
        if (renamesLeft-- <= 0) {
            throw new IOException("process died before renaming " + source);
        }
        names.put(target, node(source));
        names.remove(source);
        namesChanged();
    }

    @Override
    public void deleteIfExists(Path path) {
        if (names.remove(path) != null) {
            namesChanged();
        }
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        if (forceFails) {
            throw new IOException("Input/output error");
        }
        nameHistory = new ArrayList<>(List.of(new TreeMap<>(names)));
    }

    private final class OpenFile implements LogFile {
        private final Node node;

        OpenFile(Node node) {
            this.node = node;
        }

        @Override
        public int read(ByteBuffer target, long position) {
            int count = (int) Math.max(0, Math.min(target.remaining(), node.size - position));
            target.put(node.now, (int) position, count);
            return count;
        }

        @Override
        public void write(long position, ByteBuffer[] buffers, int count) throws IOException {
            long at = position;
            for (int i = 0; i < count; i++) {
                int bytes = (int) Math.min(buffers[i].remaining(), bytesLeft);
                bytesLeft -= bytes;
                node.grow((int) at + bytes);
                int wanted = buffers[i].remaining();
                buffers[i].get(node.now, (int) at, bytes);
                if (bytes > 0) {
                    node.dirty.set((int) at / PAGE, (int) (at + bytes - 1) / PAGE + 1);
                    node.size = Math.max(node.size, (int) at + bytes);
                    node.modifiedMs = nowMs;
                }
                at += bytes;
                if (bytes < wanted) {
                    throw new IOException("No space left on device");
                }
            }
        }

        @Override
        public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
            return target.write(ByteBuffer.wrap(node.now, (int) position, (int) Math.min(count, node.size - position)));
        }

        @Override
        public void force() throws IOException {
            if (forceFails) {
                throw new IOException("Input/output error");
            }
            node.durable = Arrays.copyOf(node.now, node.size);
            node.dirty.clear();
        }

        @Override
        public long size() {
            return node.size;
        }

        @Override
        public void truncate(long size) {
            if (size < node.size) {
                Arrays.fill(node.now, (int) size, node.size, (byte) 0);
                node.size = (int) size;
                node.dirty.set((int) size / PAGE);
            }
        }

        @Override
        public void close() {}
    }
}
