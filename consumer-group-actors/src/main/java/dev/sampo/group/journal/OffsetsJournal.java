package dev.sampo.group.journal;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.sampo.actors.model.Acks;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.AppendReply;
import dev.sampo.group.journal.JournalQueue.Effect;
import dev.sampo.group.journal.OffsetsPartitions.Loaded;
import java.time.Duration;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
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
 * <p>The order of writes and replays is that of {@link JournalQueue}. A write has succeeded when its batch is on all
 * in-sync replicas. Replay reads the fold that was loaded and then kept up with each write, so a group's events are the
 * newest per key and sequence numbers are counted anew at each replay.
 */
public final class OffsetsJournal extends AsyncWriteJournal {
    private static final Logger LOG = LoggerFactory.getLogger(OffsetsJournal.class);
    private static final String TEMPLATE = "sampo.group.journal";
    private static final Duration PAUSE = Duration.ofMillis(200);

    /** One atomic write. */
    private record Write(
            Loaded target, String groupId, List<GroupEvent> events, List<SimpleRecord> records,
            Promise<Iterable<Optional<Exception>>> written) {}

    private record PauseOver(long requestId) {}

    private final int partition;
    private final JournalQueue<Write, Runnable> queue = new JournalQueue<>();
    private final ConcurrentHashMap<String, List<GroupEvent>> replays = new ConcurrentHashMap<>();
    private KafkaError said = KafkaError.NONE;

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

    private OffsetsJournalException notLoaded() {
        return new OffsetsJournalException(partition, KafkaError.NOT_COORDINATOR);
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
        perform(queue.onWrite(new Write(target, groupId, events, records, written), target, sizeBytes));
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
        perform(queue.onRead(() -> {
            List<GroupEvent> facts = target.fold().factsOf(groupId);
            replays.put(persistenceId, facts);
            highest.success((long) facts.size());
        }, target));
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
        return ReceiveBuilder.create()
                .match(AppendReply.class, reply -> perform(queue.onAppended(reply.requestId(), reply.error())))
                .match(PauseOver.class, pause -> perform(queue.onPauseOver(pause.requestId())))
                .build().onMessage();
    }

    private void perform(List<Effect<Write, Runnable>> effects) {
        for (Effect<Write, Runnable> effect : effects) {
            switch (effect) {
                case Effect.Append<Write, Runnable>(long requestId, Loaded target, var writes) ->
                    append(requestId, target, writes);
                case Effect.Stored<Write, Runnable>(Write write) -> {
                    write.events().forEach(event -> write.target().fold().apply(write.groupId(), event));
                    write.written().success(List.of());
                    say(KafkaError.NONE);
                }
                case Effect.Failed<Write, Runnable>(Write write, KafkaError error) -> {
                    write.written().failure(new OffsetsJournalException(partition, error));
                    say(error);
                }
                case Effect.Read<Write, Runnable>(Runnable read) -> read.run();
                case Effect.Pause<Write, Runnable>(long requestId) -> context().system().scheduler().scheduleOnce(
                        PAUSE, self(), new PauseOver(requestId), context().dispatcher(), self());
            }
        }
    }

    /** Writes are many: what becomes of them is logged when it changes. That groups move is no news. */
    private void say(KafkaError error) {
        if (error == said || error == KafkaError.NOT_COORDINATOR) {
            return;
        }
        said = error;
        LOG.atLevel(error == KafkaError.NONE ? Level.INFO : Level.WARN)
                .addKeyValue("topicPartition", "__consumer_offsets-" + partition)
                .addKeyValue("errorCode", error)
                .log(error == KafkaError.NONE
                        ? "writes of groups are stored again"
                        : "writes of groups are refused, requests are told to come again");
    }

    private void append(long requestId, Loaded target, List<Write> writes) {
        ActorRef<Partition.Command> leader = target.leader().now();
        if (leader == null) {
            perform(queue.onAppended(requestId, KafkaError.NOT_COORDINATOR));
            return;
        }
        SimpleRecord[] records =
                writes.stream().flatMap(write -> write.records().stream()).toArray(SimpleRecord[]::new);
        ActorRef<AppendReply> self = Adapter.toTyped(self());
        leader.tell(new Partition.Append(
                requestId, 0, MemoryRecords.withRecords(Compression.NONE, records).buffer(), Acks.ALL,
                Partition.Origin.COORDINATOR, self));
    }
}
