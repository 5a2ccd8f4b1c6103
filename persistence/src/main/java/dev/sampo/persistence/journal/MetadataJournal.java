package dev.sampo.persistence.journal;

import dev.sampo.persistence.metadata.MetadataLog;
import dev.sampo.persistence.metadata.MetadataLog.Appended;
import dev.sampo.persistence.metadata.MetadataLog.Fenced;
import dev.sampo.persistence.metadata.MetadataLog.NotLeader;
import dev.sampo.persistence.metadata.MetadataLog.WrongOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.dispatch.Futures;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.japi.AsyncWriteJournal;
import org.apache.pekko.serialization.SerializationExtension;
import scala.concurrent.Future;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.FutureConverters;

/**
 * Pekko Persistence's journal for the one event-sourced writer of the metadata log, the controller. Sequence number n
 * is the entry at offset n - 1. The Raft term at recovery is the writer epoch of all that follows: a writer that was
 * replaced fails at its next write, whatever it believes, and so does one that missed an entry. A failed write stops
 * the event-sourced actor; it recovers and learns what became of the write.
 *
 * <p>The persistence id is not stored: a journal has one writer, and a second one would be refused as out of sequence.
 */
public final class MetadataJournal extends AsyncWriteJournal {
    /** Why a write has failed for good. */
    public static final class WriteRefused extends RuntimeException {
        private static final long serialVersionUID = 1L;

        WriteRefused(String message) {
            super(message);
        }
    }

    private final MetadataLogExtension extension = MetadataLogExtension.get(context().system());
    private final EventCodec codec = new EventCodec(SerializationExtension.get(context().system()));
    private volatile long writerEpoch;

    @Override
    public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(Iterable<AtomicWrite> messages) {
        long epoch = writerEpoch;
        MetadataLog log = extension.log();
        CompletionStage<List<Optional<Exception>>> results = CompletableFuture.completedStage(new ArrayList<>());
        for (AtomicWrite write : messages) {
            List<byte[]> payloads = new ArrayList<>(write.size());
            Optional<Exception> rejection = encode(write, payloads);
            results = results.thenCompose(before -> {
                before.add(rejection);
                return rejection.isPresent()
                        ? CompletableFuture.completedStage(before)
                        : log.append(epoch, write.lowestSequenceNr() - 1, payloads).thenApply(result -> {
                            checkAppended(result, epoch, write);
                            return before;
                        });
            });
        }
        return FutureConverters.asScala(results.thenApply(list -> list));
    }

    private Optional<Exception> encode(AtomicWrite write, List<byte[]> payloads) {
        try {
            for (PersistentRepr event : CollectionConverters.asJava(write.payload())) {
                if (!event.manifest().isEmpty()) {
                    return Optional.of(new IllegalArgumentException("event adapter manifest '" + event.manifest()
                            + "': this journal stores the serializer's manifest only"));
                }
                payloads.add(codec.encode(event.payload()));
            }
            return Optional.empty();
        } catch (Exception e) {
            // Pekko's contract: an event that does not serialize is rejected. Serializers in Scala throw checked ones too.
            return Optional.of(e);
        }
    }

    private static void checkAppended(MetadataLog.AppendResult result, long epoch, AtomicWrite write) {
        switch (result) {
            case Appended appended -> {}
            case Fenced(long currentEpoch) -> throw new WriteRefused("fenced: writer epoch " + epoch
                    + " is over, the newest is " + currentEpoch);
            case WrongOffset(long endOffset) -> throw new WriteRefused("out of sequence: " + write.persistenceId()
                    + " writes sequence number " + write.lowestSequenceNr() + ", the journal's next is "
                    + (endOffset + 1));
            case NotLeader() -> throw new WriteRefused("this node does not lead the metadata log (any more)");
        }
    }

    /** Starts a recovery: from here on this writer writes in the term that is current now. */
    @Override
    public Future<Long> doAsyncReadHighestSequenceNr(String persistenceId, long fromSequenceNr) {
        MetadataLog.Role role = extension.role();
        if (!role.leader()) {
            return Futures.failed(new WriteRefused(
                    "this node does not lead the metadata log, so " + persistenceId + " cannot recover here"));
        }
        // The end offset is also the highest sequence number. The term is read before it: an entry of a newer writer
        // is then either below the end, and replayed, or makes our first write fail.
        return FutureConverters.asScala(extension.log().endOffset().thenApply(end -> {
            writerEpoch = role.term();
            return end;
        }));
    }

    @Override
    public Future<Void> doAsyncReplayMessages(
            String persistenceId, long fromSequenceNr, long toSequenceNr, long max, Consumer<PersistentRepr> replay) {
        long from = Math.max(0, fromSequenceNr - 1);
        MetadataLog log = extension.log();
        return FutureConverters.asScala(log.endOffset().thenCompose(committed -> {
            long end = Math.min(committed, toSequenceNr);
            if (max < end - from) {
                end = from + max;
            }
            return JournalReads.entries(log, from, end, entry -> replay.accept(PersistentRepr.apply(
                    codec.decode(entry.payload()), entry.offset() + 1, persistenceId, "", false, ActorRef.noSender(),
                    "")));
        }));
    }

    /** Entries go when a snapshot covers them; to delete others is refused. */
    @Override
    public Future<Void> doAsyncDeleteMessagesTo(String persistenceId, long toSequenceNr) {
        return FutureConverters.asScala(JournalReads.snapshot(extension.log()).thenApply(snapshot -> {
            long covered = snapshot.map(taken -> taken.offset() + 1).orElse(0L);
            if (toSequenceNr > covered && toSequenceNr != Long.MAX_VALUE) {
                throw new UnsupportedOperationException("delete up to sequence number " + toSequenceNr
                        + ": the newest snapshot covers " + covered + ", and events go with snapshots only");
            }
            return null;
        }));
    }
}
