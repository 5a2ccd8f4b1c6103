package dev.sampo.partition.controller;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.AllocateProducerIds;
import dev.sampo.actors.protocol.Controller.AlterConfigs;
import dev.sampo.actors.protocol.Controller.AlterReassignments;
import dev.sampo.actors.protocol.Controller.BecomeLeader;
import dev.sampo.actors.protocol.Controller.BecomeLeaderReply;
import dev.sampo.actors.protocol.Controller.BrokerStopping;
import dev.sampo.actors.protocol.Controller.ChangeInSyncReplicas;
import dev.sampo.actors.protocol.Controller.Command;
import dev.sampo.actors.protocol.Controller.CompleteMove;
import dev.sampo.actors.protocol.Controller.CreatePartitions;
import dev.sampo.actors.protocol.Controller.CreateTopics;
import dev.sampo.actors.protocol.Controller.DeleteTopics;
import dev.sampo.actors.protocol.Controller.ElectLeaders;
import dev.sampo.actors.protocol.Controller.FenceBroker;
import dev.sampo.actors.protocol.Controller.RegisterBroker;
import dev.sampo.actors.protocol.Controller.UnregisterBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.SnapshotAdapter;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Shell of {@link ControllerState}: journals what it decides and answers afterwards. The journal is the metadata log
 * and this actor its only writer, so an event's sequence number is its offset plus one.
 *
 * <p>The first event of each incarnation is {@link ControllerEvent.EpochStarted}, before any other is decided. When
 * the journal refuses or its outcome is unknown, nobody is answered: the actor recovers and starts a new incarnation.
 */
public final class ControllerActor extends EventSourcedBehavior<Command, ControllerEvent, MetadataImage> {
    /** The only one in the metadata log. */
    public static final String PERSISTENCE_ID = "controller";

    private static final Logger log = LoggerFactory.getLogger(ControllerActor.class);
    private static final int EVENTS_PER_SNAPSHOT = 1000;
    private static final SnapshotAdapter<MetadataImage> SNAPSHOTS = new SnapshotAdapter<>() {
        @Override
        public Object toJournal(MetadataImage state) {
            return MetadataSnapshot.of(state);
        }

        @Override
        public MetadataImage fromJournal(Object from) {
            return ((MetadataSnapshot) from).toImage();
        }
    };

    private static final int FAILURES_IN_A_ROW = 4;

    /** Recovery is over: start the epoch. */
    private record StartEpoch() implements Controller.Internal {}

    private final ActorContext<Command> context;
    private final ControllerState rules;
    private boolean epochStarted;

    private ControllerActor(ActorContext<Command> context, ControllerState rules) {
        // An event that was on its way when another node came to lead the log fails: no matter for a log at level ERROR.
        super(PersistenceId.ofUniqueId(PERSISTENCE_ID), SupervisorStrategy.restartWithBackoff(
                        Duration.ofMillis(200), Duration.ofSeconds(5), 0.1)
                .withLogLevel(Level.DEBUG)
                .withCriticalLogLevel(Level.ERROR, FAILURES_IN_A_ROW));
        this.context = context;
        this.rules = rules;
    }

    /** Journal and snapshot store are those named by {@code sampo.controller.journal} and {@code .snapshot-store}. */
    public static Behavior<Command> create(ControllerState rules) {
        return Behaviors.setup(context -> new ControllerActor(context, rules));
    }

    @Override
    public String journalPluginId() {
        return context.getSystem().settings().config().getString("sampo.controller.journal");
    }

    @Override
    public String snapshotPluginId() {
        return context.getSystem().settings().config().getString("sampo.controller.snapshot-store");
    }

    @Override
    public RetentionCriteria retentionCriteria() {
        return RetentionCriteria.snapshotEvery(EVENTS_PER_SNAPSHOT, 2);
    }

    @Override
    public SnapshotAdapter<MetadataImage> snapshotAdapter() {
        return SNAPSHOTS;
    }

    @Override
    public MetadataImage emptyState() {
        return MetadataImage.EMPTY;
    }

    @Override
    public EventHandler<MetadataImage, ControllerEvent> eventHandler() {
        return MetadataImage::apply;
    }

    @Override
    public SignalHandler<MetadataImage> signalHandler() {
        return newSignalHandlerBuilder()
                .onSignal(RecoveryCompleted.class, (state, signal) -> {
                    epochStarted = false;
                    context.getSelf().tell(new StartEpoch());
                })
                .build();
    }

    @Override
    public CommandHandler<Command, ControllerEvent, MetadataImage> commandHandler() {
        return this::onCommand;
    }

    private Effect<ControllerEvent, MetadataImage> onCommand(MetadataImage recovered, Command command) {
        var events = new ArrayList<ControllerEvent>();
        MetadataImage image = recovered;
        if (!epochStarted) {
            ControllerEvent.EpochStarted start = rules.startEpoch(recovered);
            events.add(start);
            image = recovered.apply(start);
        }
        return switch (command) {
            case CreateTopics c -> perform(events, rules.decide(image, c), c.replyTo());
            case DeleteTopics c -> perform(events, rules.decide(image, c), c.replyTo());
            case CreatePartitions c -> perform(events, rules.decide(image, c), c.replyTo());
            case AlterConfigs c -> perform(events, rules.decide(image, c), c.replyTo());
            case BecomeLeader c -> {
                Decision<BecomeLeaderReply> decision = rules.decide(image, c);
                warnIfUnclean(image, c, decision.reply());
                yield perform(events, decision, c.replyTo());
            }
            case RegisterBroker c -> perform(events, rules.decide(image, c), c.replyTo());
            case BrokerStopping c -> perform(events, rules.decide(image, c), c.replyTo());
            case FenceBroker c -> perform(events, rules.decide(image, c), c.replyTo());
            case ChangeInSyncReplicas c -> perform(events, rules.decide(image, c), c.replyTo());
            case AllocateProducerIds c -> perform(events, rules.decide(image, c), c.replyTo());
            case AlterReassignments c -> perform(events, rules.decide(image, c), c.replyTo());
            case CompleteMove c -> perform(events, rules.decide(image, c), c.replyTo());
            case ElectLeaders c -> perform(events, rules.decide(image, c), c.replyTo());
            case UnregisterBroker c -> perform(events, rules.decide(image, c), c.replyTo());
            case Controller.DescribeQuorum ignored -> throw notMine(ignored);
            case Controller.ChangeVoter ignored -> throw notMine(ignored);
            case StartEpoch ignored -> persist(events, () -> {});
            case Controller.Internal other ->
                throw new IllegalStateException("a private message of another actor reached the controller: " + other);
        };
    }

    private static void warnIfUnclean(MetadataImage image, BecomeLeader asked, BecomeLeaderReply reply) {
        MetadataImage.PlacementGroup group = image.groups().get(asked.groupId());
        if (group != null && reply.error() == KafkaError.NONE && !group.inSyncReplicas().contains(asked.brokerId())
                && !group.eligible().contains(asked.brokerId())) {
            log.atWarn().addKeyValue("group", group.id()).addKeyValue("brokerId", asked.brokerId())
                    .addKeyValue("leaderEpoch", reply.leaderEpoch())
                    .addKeyValue("inSyncReplicas", group.inSyncReplicas())
                    .log("unclean election: acknowledged records may be lost");
        }
    }

    private static IllegalStateException notMine(Command command) {
        return new IllegalStateException("the host of the controller answers " + command);
    }

    private <R extends Controller.Reply> Effect<ControllerEvent, MetadataImage> perform(
            List<ControllerEvent> before, Decision<R> decision, ActorRef<? super R> replyTo) {
        before.addAll(decision.events());
        return persist(before, () -> replyTo.tell(decision.reply()));
    }

    private Effect<ControllerEvent, MetadataImage> persist(List<ControllerEvent> events, Runnable answer) {
        if (events.isEmpty()) {
            return Effect().none().thenRun(answer::run);
        }
        return Effect().persist(events).thenRun((MetadataImage image) -> {
            long sequenceNr = lastSequenceNumber(context);
            if (sequenceNr != image.offset() + 1) {
                throw new IllegalStateException("the metadata log is at sequence number " + sequenceNr
                        + ", the image at offset " + image.offset() + ": another writer, or entries are missing");
            }
            if (!epochStarted) {
                epochStarted = true;
                log.atInfo().addKeyValue("controllerEpoch", image.controllerEpoch())
                        .addKeyValue("metadataOffset", image.offset()).log("controller started");
            }
            answer.run();
        });
    }
}
