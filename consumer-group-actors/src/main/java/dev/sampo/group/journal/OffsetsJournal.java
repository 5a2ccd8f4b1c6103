package dev.sampo.group.journal;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.sampo.actors.model.Acks;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.AppendReply;
import dev.sampo.group.journal.OffsetsPartitions.Loaded;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.dispatch.Futures;
import org.apache.pekko.japi.pf.ReceiveBuilder;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.japi.AsyncWriteJournal;
import org.jspecify.annotations.Nullable;
import scala.PartialFunction;
import scala.concurrent.Future;
import scala.concurrent.Promise;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.BoxedUnit;

/**
 * A Pekko Persistence journal whose storage is one partition of {@code __consumer_offsets}, led on this node. Each
 * partition has an instance of its own, so that a slow partition holds up nobody else (Pekko answers the writers of one
 * journal in the order of their writes).
 *
 * <p>Writes that come while an append is under way wait and go out together as one batch. A write has succeeded when
 * the batch is on all in-sync replicas. Replay reads the fold that was loaded and then kept up with each write, so a
 * group's events are the newest per key and sequence numbers are counted anew at each replay.
 */
public final class OffsetsJournal extends AsyncWriteJournal {
    private static final String TEMPLATE = "sampo.group.journal";

    /** One atomic write, or (no records) a reader who waits for the writes before it. */
    private record Entry(
            Loaded target, String groupId, List<GroupEvent> events, List<SimpleRecord> records, int sizeBytes,
            @Nullable Promise<Iterable<Optional<Exception>>> written, @Nullable Runnable read) {}

    private final int partition;
    private final ArrayDeque<Entry> queue = new ArrayDeque<>();
    private final ConcurrentHashMap<String, List<GroupEvent>> replays = new ConcurrentHashMap<>();
    private List<Entry> inFlight = List.of();
    private long lastRequestId;

    /** Called by Pekko with the plugin's configuration. */
    public OffsetsJournal(Config config) {
        partition = config.getInt("offsets-partition");
    }

    /** The plugin id of a partition's journal. */
    public static String pluginId(int partition) {
        return TEMPLATE + "-" + partition;
    }

    /** The configuration that makes {@link #pluginId} known, over that of the system. */
    public static Config pluginConfig(int partition, Config systemConfig) {
        return ConfigFactory.parseMap(Map.of("offsets-partition", partition))
                .withFallback(systemConfig.getConfig(TEMPLATE))
                .atPath(pluginId(partition));
    }

    /** The persistence id of a group. */
    public static String persistenceId(int partition, String groupId) {
        return "group|" + partition + "|" + groupId;
    }

    private static String groupId(String persistenceId) {
        return persistenceId.substring(persistenceId.indexOf('|', "group|".length()) + 1);
    }

    private @Nullable Loaded loaded() {
        return OffsetsPartitions.get(Adapter.toTyped(context().system())).find(partition);
    }

    private IllegalStateException notLoaded() {
        return new IllegalStateException("partition " + partition
                + " of __consumer_offsets is not coordinated here; the group is looked up again elsewhere");
    }

    @Override
    public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(Iterable<AtomicWrite> messages) {
        Loaded target = loaded();
        if (target == null) {
            return Futures.failed(notLoaded());
        }
        var events = new ArrayList<GroupEvent>();
        String groupId = "";
        for (AtomicWrite write : messages) {
            groupId = groupId(write.persistenceId());
            for (PersistentRepr message : CollectionConverters.asJava(write.payload())) {
                events.add((GroupEvent) message.payload());
            }
        }
        long nowMs = System.currentTimeMillis();
        var records = new ArrayList<SimpleRecord>(events.size());
        int sizeBytes = 0;
        for (GroupEvent event : events) {
            SimpleRecord record = OffsetsRecords.encode(groupId, event, nowMs);
            records.add(record);
            sizeBytes += 32 + record.key().remaining() + (record.value() == null ? 0 : record.value().remaining());
        }
        Promise<Iterable<Optional<Exception>>> written = Futures.promise();
        queue.add(new Entry(target, groupId, events, records, sizeBytes, written, null));
        flush();
        return written.future();
    }

    @Override
    public Future<Long> doAsyncReadHighestSequenceNr(String persistenceId, long fromSequenceNr) {
        Loaded target = loaded();
        if (target == null) {
            return Futures.failed(notLoaded());
        }
        Promise<Long> highest = Futures.promise();
        String groupId = groupId(persistenceId);
        // Behind the writes that are under way: an incarnation that died may have left one.
        queue.add(new Entry(target, groupId, List.of(), List.of(), 0, null, () -> {
            List<GroupEvent> facts = target.fold().factsOf(groupId);
            replays.put(persistenceId, facts);
            highest.success((long) facts.size());
        }));
        flush();
        return highest.future();
    }

    @Override
    public Future<Void> doAsyncReplayMessages(
            String persistenceId, long fromSequenceNr, long toSequenceNr, long max,
            Consumer<PersistentRepr> replayCallback) {
        List<GroupEvent> facts = replays.remove(persistenceId);
        if (facts == null) {
            return Futures.failed(notLoaded());
        }
        long last = Math.min(Math.min(toSequenceNr, facts.size()), saturatedAdd(fromSequenceNr - 1, max));
        for (long sequenceNr = fromSequenceNr; sequenceNr <= last; sequenceNr++) {
            replayCallback.accept(PersistentRepr.apply(
                    facts.get((int) sequenceNr - 1), sequenceNr, persistenceId, "", false, null, ""));
        }
        return Futures.successful(null);
    }

    private static long saturatedAdd(long one, long other) {
        return one > Long.MAX_VALUE - other ? Long.MAX_VALUE : one + other;
    }

    @Override
    public Future<Void> doAsyncDeleteMessagesTo(String persistenceId, long toSequenceNr) {
        return Futures.failed(new UnsupportedOperationException(
                "__consumer_offsets is compacted: a tombstone removes a fact, not a deletion of events"));
    }

    @Override
    public PartialFunction<Object, BoxedUnit> receivePluginInternal() {
        return ReceiveBuilder.create().match(AppendReply.class, this::appended).build().onMessage();
    }

    private void flush() {
        if (!inFlight.isEmpty() && !inFlight.getFirst().target().equals(loaded())) {
            // A leader of an earlier epoch still owes an answer; nobody who runs now waits for it.
            List<Entry> abandoned = inFlight;
            inFlight = List.of();
            abandoned.forEach(entry -> fail(entry, notLoaded()));
        }
        while (inFlight.isEmpty() && !queue.isEmpty()) {
            Entry first = queue.element();
            Runnable read = first.read();
            if (read != null) {
                queue.remove();
                read.run();
                continue;
            }
            var batch = new ArrayList<Entry>();
            var records = new ArrayList<SimpleRecord>();
            int sizeBytes = 0;
            while (!queue.isEmpty()) {
                Entry next = queue.element();
                boolean joins = batch.isEmpty()
                        || (next.read() == null && next.target().equals(first.target())
                                && sizeBytes + next.sizeBytes() <= first.target().maxBatchBytes());
                if (!joins) {
                    break;
                }
                queue.remove();
                batch.add(next);
                records.addAll(next.records());
                sizeBytes += next.sizeBytes();
            }
            ActorRef<Partition.Command> leader = first.target().leader().now();
            if (leader == null) {
                batch.forEach(
                        entry -> fail(entry, new OffsetsWriteException(partition, KafkaError.NOT_LEADER_OR_FOLLOWER)));
                continue;
            }
            inFlight = batch;
            ActorRef<AppendReply> self = Adapter.toTyped(self());
            leader.tell(new Partition.Append(
                    ++lastRequestId, 0,
                    MemoryRecords.withRecords(Compression.NONE, records.toArray(SimpleRecord[]::new)).buffer(),
                    Acks.ALL, first.target().commitTimeoutMs(), Partition.Origin.COORDINATOR, self));
        }
    }

    private void appended(AppendReply reply) {
        if (reply.requestId() != lastRequestId || inFlight.isEmpty()) {
            return; // an answer to an earlier life of this journal
        }
        List<Entry> answered = inFlight;
        inFlight = List.of();
        for (Entry entry : answered) {
            if (reply.error() == KafkaError.NONE) {
                entry.events().forEach(event -> entry.target().fold().apply(entry.groupId(), event));
                if (entry.written() != null) {
                    entry.written().success(List.of());
                }
            } else {
                fail(entry, new OffsetsWriteException(partition, reply.error()));
            }
        }
        flush();
    }

    private static void fail(Entry entry, RuntimeException reason) {
        if (entry.written() != null) {
            entry.written().failure(reason);
        }
    }
}
