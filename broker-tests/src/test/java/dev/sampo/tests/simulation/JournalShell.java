package dev.sampo.tests.simulation;

import dev.sampo.actors.model.Acks;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.group.journal.GroupEvent;
import dev.sampo.group.journal.GroupEvent.GroupStored;
import dev.sampo.group.journal.JournalQueue;
import dev.sampo.group.journal.JournalQueue.Effect;
import dev.sampo.group.journal.OffsetsPartitions.Loaded;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** As {@code OffsetsJournal}: the shell of {@link JournalQueue} for one partition on one broker, over all of its epochs there. */
final class JournalShell {
    private record Write(Loaded target, String groupId, List<GroupEvent> events, Consumer<KafkaError> then) {}

    private final BrokerProcess process;
    private final Cluster cluster;
    private final Mailbox mailbox;
    private final JournalQueue<Write, Runnable> queue = new JournalQueue<>();
    private @Nullable Loaded loaded;
    private Supplier<@Nullable LeaderShell> leader = () -> null;

    JournalShell(BrokerProcess process, Cluster cluster) {
        this.process = process;
        this.cluster = cluster;
        this.mailbox = new Mailbox(process);
    }

    void enter(Loaded partition, Supplier<@Nullable LeaderShell> itsLeader) {
        loaded = partition;
        leader = itsLeader;
    }

    void remove(Loaded partition) {
        if (partition.equals(loaded)) {
            loaded = null;
        }
    }

    /** @param then hears NONE, or why it may not be stored */
    void write(String groupId, List<GroupEvent> events, Consumer<KafkaError> then) {
        mailbox.tell(() -> {
            Loaded target = loaded;
            if (target == null) {
                then.accept(KafkaError.NOT_COORDINATOR);
            } else {
                perform(queue.onWrite(new Write(target, groupId, events, then), target, 100 * events.size()));
            }
        });
    }

    /** @param then hears what is stored, null when the partition is not coordinated here */
    void read(String groupId, Consumer<@Nullable List<GroupEvent>> then) {
        mailbox.tell(() -> {
            Loaded target = loaded;
            Runnable read = () -> then.accept(target == null ? null : target.fold().factsOf(groupId));
            if (target == null) {
                read.run();
            } else {
                perform(queue.onRead(read, target));
            }
        });
    }

    private void perform(List<Effect<Write, Runnable>> effects) {
        for (Effect<Write, Runnable> effect : effects) {
            switch (effect) {
                case Effect.Append<Write, Runnable>(long requestId, Loaded target, var writes) -> append(requestId, target, writes);
                case Effect.Stored<Write, Runnable>(Write write) -> {
                    write.events().forEach(event -> write.target().fold().apply(write.groupId(), event));
                    write.then().accept(KafkaError.NONE);
                }
                case Effect.Failed<Write, Runnable>(Write write, KafkaError error) -> {
                    cluster.reach().hit(Reach.Point.GROUP_WRITE_FAILED);
                    write.then().accept(error);
                }
                case Effect.Read<Write, Runnable>(Runnable read) -> read.run();
                case Effect.Pause<Write, Runnable>(long paused) -> {
                    cluster.reach().hit(Reach.Point.GROUP_WRITE_IN_DOUBT);
                    process.timer(200 * Timeline.MILLIS, () -> mailbox.tell(() -> perform(queue.onPauseOver(paused))));
                }
            }
        }
    }

    private void append(long requestId, Loaded target, List<Write> writes) {
        LeaderShell now = target.equals(loaded) ? leader.get() : null;
        if (process.boundary(Boundary.DECIDED)) {
            return;
        }
        if (now == null) {
            perform(queue.onAppended(requestId, KafkaError.NOT_COORDINATOR));
            return;
        }
        if (writes.size() > 1) {
            cluster.reach().hit(Reach.Point.GROUP_WRITES_JOINED);
        }
        var facts = new GroupRecords();
        writes.forEach(write -> write.events().forEach(event -> facts.add(write.groupId(), planted(event))));
        Batch batch = cluster.groups().batch(facts);
        now.appendOfCoordinator(batch, cluster.planted(Mutant.COORDINATOR_ACKS_ONE) ? Acks.LEADER : Acks.ALL, produced -> {
            if (produced.error() == KafkaError.NONE && !cluster.planted(Mutant.COORDINATOR_ACKS_ONE)) {
                cluster.ledger().acked(now.id(), -1, batch.baseSequence(), batch.count(), produced.baseOffset());
            }
            mailbox.tell(() -> {
                if (!process.boundary(Boundary.STORED)) {
                    boolean givenUp = produced.error() != KafkaError.NONE && cluster.planted(Mutant.WRITE_IN_DOUBT_GIVEN_UP);
                    perform(queue.onAppended(requestId, givenUp ? KafkaError.NOT_COORDINATOR : produced.error()));
                }
            });
        });
        process.boundary(Boundary.WRITTEN);
    }

    private GroupEvent planted(GroupEvent event) {
        return event instanceof GroupStored stored && cluster.planted(Mutant.GENERATION_NOT_STORED)
                ? new GroupStored(
                        stored.protocolType(), 0, stored.protocolName(), stored.leader(), stored.stateTimestampMs(), stored.members())
                : event;
    }
}
