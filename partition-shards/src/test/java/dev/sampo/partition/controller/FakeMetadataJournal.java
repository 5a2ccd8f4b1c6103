package dev.sampo.partition.controller;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.pekko.dispatch.Futures;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.japi.AsyncWriteJournal;
import scala.concurrent.Future;
import scala.jdk.javaapi.CollectionConverters;

/** Writes the controller's events to the installed {@link FakeMetadataLog}. */
public final class FakeMetadataJournal extends AsyncWriteJournal {
    private final FakeMetadataLog log = Objects.requireNonNull(FakeMetadataLog.installed);

    @Override
    public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(Iterable<AtomicWrite> messages) {
        var results = new ArrayList<Optional<Exception>>();
        for (AtomicWrite write : messages) {
            var events = new ArrayList<ControllerEvent>();
            for (PersistentRepr repr : CollectionConverters.asJava(write.payload())) {
                events.add((ControllerEvent) repr.payload());
            }
            log.append(events);
            results.add(Optional.empty());
        }
        return Futures.successful(results);
    }

    @Override
    public Future<Void> doAsyncDeleteMessagesTo(String persistenceId, long toSequenceNr) {
        return Futures.successful(null);
    }

    @Override
    public Future<Void> doAsyncReplayMessages(String persistenceId, long fromSequenceNr, long toSequenceNr, long max,
            Consumer<PersistentRepr> replayCallback) {
        List<ControllerEvent> events = log.events();
        for (long nr = fromSequenceNr; nr <= Math.min(toSequenceNr, events.size()); nr++) {
            replayCallback.accept(PersistentRepr.apply(events.get((int) nr - 1), nr, persistenceId, "", false,
                    org.apache.pekko.actor.ActorRef.noSender(), ""));
        }
        return Futures.successful(null);
    }

    @Override
    public Future<Long> doAsyncReadHighestSequenceNr(String persistenceId, long fromSequenceNr) {
        return Futures.successful((long) log.events().size());
    }
}
