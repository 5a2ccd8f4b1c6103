package dev.sampo.streamstests.consumer;

import dev.sampo.streamstests.broker.Records;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * What a broker wrote of one group to {@code __consumer_offsets}, in the order of the log: each commit, not only those that
 * a poll happens to see. Reads the beginning of Kafka's published schemas:
 *
 * <pre>
 * key    version:int16, group:int16 length + bytes, then for commits (0, 1) topic:int16 length + bytes, partition:int32
 * commit version:int16, offset:int64, ...
 * classic group (key 2)  version:int16, protocol type:string, generation:int32, ...
 * consumer group (key 3) version:int16, epoch:int32, ...
 * </pre>
 *
 * @param commits offsets by partition of the topic
 * @param rebalances the highest generation or epoch
 */
record GroupHistory(Map<Integer, List<Long>> commits, int rebalances) {
    private static final int COMPACT_STRINGS = 4; // version of the classic group's value

    static GroupHistory of(Records records, String group, String topic) {
        var commits = new TreeMap<Integer, List<Long>>();
        int rebalances = 0;
        for (var record : records.readBytes("__consumer_offsets")) {
            if (record.value() == null) {
                continue;
            }
            ByteBuffer key = ByteBuffer.wrap(record.key());
            ByteBuffer value = ByteBuffer.wrap(record.value());
            short kind = key.getShort();
            if (kind > 3 || !string(key).equals(group)) {
                continue;
            }
            short version = value.getShort();
            if (kind <= 1) {
                if (string(key).equals(topic)) {
                    commits.computeIfAbsent(key.getInt(), partition -> new ArrayList<>()).add(value.getLong());
                }
            } else {
                if (kind == 2) {
                    skipString(value, version);
                }
                rebalances = Math.max(rebalances, value.getInt());
            }
        }
        return new GroupHistory(commits, rebalances);
    }

    private static String string(ByteBuffer bytes) {
        byte[] text = new byte[bytes.getShort()];
        bytes.get(text);
        return new String(text, UTF_8);
    }

    /** The protocol type: "consumer" or empty, so that a compact length fits one byte. */
    private static void skipString(ByteBuffer bytes, short version) {
        int length = version >= COMPACT_STRINGS ? bytes.get() - 1 : bytes.getShort();
        bytes.position(bytes.position() + Math.max(0, length));
    }
}
