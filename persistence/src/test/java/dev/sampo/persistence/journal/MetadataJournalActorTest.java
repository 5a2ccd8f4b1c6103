package dev.sampo.persistence.journal;

import com.typesafe.config.ConfigFactory;
import dev.sampo.persistence.metadata.InMemoryMetadataLog;
import dev.sampo.persistence.metadata.MetadataLog.Appended;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.DeleteMessagesFailure;
import org.apache.pekko.persistence.DeleteMessagesSuccess;
import org.apache.pekko.persistence.JournalProtocol;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.PersistentEnvelope;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.SaveSnapshotSuccess;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.SnapshotProtocol;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import scala.jdk.javaapi.CollectionConverters;

import static org.assertj.core.api.Assertions.assertThat;

/** The cases of Pekko's journal and snapshot test kit that fit one writer, and an event-sourced actor on the plugins. */
class MetadataJournalActorTest {
    private static final String JOURNAL = "sampo.persistence.metadata-journal";
    private static final String SNAPSHOTS = "sampo.persistence.metadata-snapshots";
    private static final String ID = "controller";

    private ActorTestKit kit;
    private InMemoryMetadataLog log;
    private TestProbe<Object> probe;
    private org.apache.pekko.actor.ActorRef journal;
    private org.apache.pekko.actor.ActorRef snapshots;

    @BeforeEach
    void start() {
        kit = ActorTestKit.create("journal", ConfigFactory.load());
        log = new InMemoryMetadataLog();
        MetadataLogExtension.get(kit.system()).set(log);
        probe = kit.createTestProbe();
        await(() -> MetadataLogExtension.get(kit.system()).role().leader());
        var persistence = Persistence.get(kit.system());
        journal = persistence.journalFor(JOURNAL, ConfigFactory.empty());
        snapshots = persistence.snapshotStoreFor(SNAPSHOTS, ConfigFactory.empty());
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
        log.close();
    }

    private void await(java.util.function.BooleanSupplier condition) {
        probe.awaitAssert(Duration.ofSeconds(10), () -> {
            assertThat(condition.getAsBoolean()).isTrue();
            return null;
        });
    }

    private org.apache.pekko.actor.ActorRef me() {
        return Adapter.toClassic(probe.ref());
    }

    private static PersistentRepr event(long sequenceNr, Object payload) {
        return PersistentRepr.apply(payload, sequenceNr, ID, "", false, org.apache.pekko.actor.ActorRef.noSender(), "w");
    }

    private void write(PersistentRepr... events) {
        var batch = new AtomicWrite(CollectionConverters.asScala(List.of(events)).toList());
        journal.tell(
                new JournalProtocol.WriteMessages(
                        CollectionConverters.asScala(List.<PersistentEnvelope>of(batch)).toList(), me(), 1), me());
    }

    private void written(int from, int to) {
        write(IntStream.rangeClosed(from, to).mapToObj(n -> event(n, "e" + n)).toArray(PersistentRepr[]::new));
        probe.expectMessageClass(JournalProtocol.WriteMessagesSuccessful$.class);
        for (int n = from; n <= to; n++) {
            probe.expectMessageClass(JournalProtocol.WriteMessageSuccess.class);
        }
    }

    /** The replayed events and the highest sequence number told. */
    private String replay(long from, long to, long max) {
        journal.tell(new JournalProtocol.ReplayMessages(from, to, max, ID, me()), me());
        var events = new StringBuilder();
        while (true) {
            Object message = probe.receiveMessage(Duration.ofSeconds(10));
            if (message instanceof JournalProtocol.ReplayedMessage replayed) {
                assertThat(replayed.persistent().persistenceId()).isEqualTo(ID);
                events.append(replayed.persistent().sequenceNr()).append('=')
                        .append(replayed.persistent().payload()).append(' ');
            } else if (message instanceof JournalProtocol.RecoverySuccess success) {
                return events + "highest " + success.highestSequenceNr();
            } else {
                return message.toString();
            }
        }
    }

    @Test
    void eventsAreReplayedWithinTheBoundsAskedFor() {
        // Given
        replay(1, 0, 0);
        written(1, 3);
        written(4, 5);
        // Then
        assertThat(replay(1, Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo("1=e1 2=e2 3=e3 4=e4 5=e5 highest 5");
        assertThat(replay(3, Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo("3=e3 4=e4 5=e5 highest 5");
        assertThat(replay(1, 3, Long.MAX_VALUE)).isEqualTo("1=e1 2=e2 3=e3 highest 5");
        assertThat(replay(1, Long.MAX_VALUE, 3)).isEqualTo("1=e1 2=e2 3=e3 highest 5");
        assertThat(replay(2, 4, 2)).isEqualTo("2=e2 3=e3 highest 5");
        assertThat(replay(2, 2, Long.MAX_VALUE)).isEqualTo("2=e2 highest 5");
        assertThat(replay(2, 2, 0)).isEqualTo("highest 5");
        assertThat(replay(5, 4, Long.MAX_VALUE)).isEqualTo("highest 5");
        assertThat(replay(9, Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo("highest 5");
    }

    @Test
    void anEmptyJournalReplaysNothing() {
        assertThat(replay(1, Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo("highest 0");
    }

    @Test
    void anEventThatDoesNotSerializeRejectsItsWholeBatch() {
        // Given
        replay(1, 0, 0);
        written(1, 1);
        // When
        write(event(2, "good"), event(3, new Object()));
        // Then
        probe.expectMessageClass(JournalProtocol.WriteMessagesSuccessful$.class);
        probe.expectMessageClass(JournalProtocol.WriteMessageRejected.class);
        probe.expectMessageClass(JournalProtocol.WriteMessageRejected.class);
        assertThat(replay(1, Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo("1=e1 highest 1");
    }

    @Test
    void aWriterThatWasReplacedFailsAndWritesNothing() throws Exception {
        // Given
        replay(1, 0, 0);
        written(1, 1);
        assertThat(log.append(2, 1, List.of(EventCodec.of(kit.system()).encode("newer"))).toCompletableFuture()
                .get(10, TimeUnit.SECONDS)).isEqualTo(new Appended(1));
        // When
        write(event(2, "stale"));
        // Then
        assertThat(probe.expectMessageClass(JournalProtocol.WriteMessagesFailed.class).cause())
                .hasMessageContaining("fenced");
        probe.expectMessageClass(JournalProtocol.WriteMessageFailure.class);
        assertThat(replay(1, Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo("1=e1 2=newer highest 2");
    }

    @Test
    void aWriteOutOfSequenceFails() {
        // Given
        replay(1, 0, 0);
        written(1, 2);
        // When
        write(event(2, "again"));
        // Then
        assertThat(probe.expectMessageClass(JournalProtocol.WriteMessagesFailed.class).cause())
                .hasMessageContaining("next is 3");
    }

    @Test
    void aNodeThatDoesNotLeadCannotRecoverAWriter() {
        // Given
        log.changeRole(false, 2);
        await(() -> !MetadataLogExtension.get(kit.system()).role().leader());
        // Then
        assertThat(replay(1, Long.MAX_VALUE, Long.MAX_VALUE)).contains("does not lead");
    }

    @Test
    void eventsAreDeletedOnlyBehindASnapshotAndTheHighestNumberStays() {
        // Given
        replay(1, 0, 0);
        written(1, 4);
        // When
        journal.tell(new JournalProtocol.DeleteMessagesTo(ID, 2, me()), me());
        // Then
        assertThat(probe.expectMessageClass(DeleteMessagesFailure.class).cause()).hasMessageContaining("snapshot");
        // When
        save(4, "s4");
        journal.tell(new JournalProtocol.DeleteMessagesTo(ID, 4, me()), me());
        // Then
        probe.expectMessageClass(DeleteMessagesSuccess.class);
        assertThat(replay(1, Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo("highest 4");
        written(5, 5);
        assertThat(replay(5, Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo("5=e5 highest 5");
    }

    private void save(long sequenceNr, Object state) {
        snapshots.tell(new SnapshotProtocol.SaveSnapshot(new SnapshotMetadata(ID, sequenceNr, 0), state),
                me());
        probe.expectMessageClass(SaveSnapshotSuccess.class);
    }

    private Object load(SnapshotSelectionCriteria criteria, long toSequenceNr) {
        snapshots.tell(new SnapshotProtocol.LoadSnapshot(ID, criteria, toSequenceNr), me());
        var result = probe.expectMessageClass(SnapshotProtocol.LoadSnapshotResult.class);
        return result.snapshot().isEmpty() ? "none" : result.snapshot().get().snapshot() + "@"
                + result.snapshot().get().metadata().sequenceNr();
    }

    @Test
    void theNewestSnapshotIsLoadedIfTheCriteriaAdmitIt() {
        // Given
        replay(1, 0, 0);
        assertThat(load(SnapshotSelectionCriteria.latest(), Long.MAX_VALUE)).isEqualTo("none");
        written(1, 4);
        assertThat(load(SnapshotSelectionCriteria.latest(), Long.MAX_VALUE)).isEqualTo("none");
        save(2, "s2");
        save(4, "s4");
        // Then
        assertThat(load(SnapshotSelectionCriteria.latest(), Long.MAX_VALUE)).isEqualTo("s4@4");
        assertThat(load(SnapshotSelectionCriteria.latest(), 3)).isEqualTo("none");
        assertThat(load(SnapshotSelectionCriteria.create(4, 0), Long.MAX_VALUE)).isEqualTo("none");
        assertThat(load(SnapshotSelectionCriteria.none(), Long.MAX_VALUE)).isEqualTo("none");
    }

    /** Appends texts to one string. */
    static final class Text extends EventSourcedBehavior<Text.Add, String, String> {
        record Add(String text, ActorRef<Object> replyTo) {}

        private final ActorRef<Object> recovered;

        Text(ActorRef<Object> recovered) {
            super(PersistenceId.ofUniqueId(ID));
            this.recovered = recovered;
        }

        @Override
        public String emptyState() {
            return "";
        }

        @Override
        public CommandHandler<Add, String, String> commandHandler() {
            return newCommandHandlerBuilder().forAnyState().onAnyCommand(add ->
                    Effect().persist(add.text()).thenRun(state -> add.replyTo().tell(state)));
        }

        @Override
        public EventHandler<String, String> eventHandler() {
            return newEventHandlerBuilder().forAnyState().onAnyEvent((state, event) -> state + event);
        }

        @Override
        public SignalHandler<String> signalHandler() {
            return newSignalHandlerBuilder()
                    .onSignal(RecoveryCompleted.instance(), state -> recovered.tell("recovered " + state))
                    .build();
        }

        @Override
        public RetentionCriteria retentionCriteria() {
            return RetentionCriteria.snapshotEvery(3, 1);
        }

        @Override
        public String journalPluginId() {
            return JOURNAL;
        }

        @Override
        public String snapshotPluginId() {
            return SNAPSHOTS;
        }
    }

    @Test
    void anEventSourcedActorRecoversFromSnapshotAndEventsAndStopsWhenItIsFenced() throws Exception {
        // Given
        ActorRef<Text.Add> first = kit.spawn(new Text(probe.ref()));
        assertThat(probe.receiveMessage(Duration.ofSeconds(10))).isEqualTo("recovered ");
        for (String text : List.of("a", "b", "c", "d")) {
            first.tell(new Text.Add(text, probe.ref()));
        }
        assertThat(probe.receiveSeveralMessages(4)).containsExactly("a", "ab", "abc", "abcd");
        // When
        log.changeRole(true, 2);
        await(() -> MetadataLogExtension.get(kit.system()).role().term() == 2);
        ActorRef<Text.Add> second = kit.spawn(new Text(probe.ref()));
        // Then
        assertThat(probe.receiveMessage(Duration.ofSeconds(10))).isEqualTo("recovered abcd");
        second.tell(new Text.Add("e", probe.ref()));
        assertThat(probe.receiveMessage(Duration.ofSeconds(10))).isEqualTo("abcde");
        first.tell(new Text.Add("x", probe.ref()));
        probe.expectTerminated(first, Duration.ofSeconds(10));
        assertThat(log.endOffset().toCompletableFuture().get(10, TimeUnit.SECONDS)).isEqualTo(5);
    }
}
