package dev.sampo.tests.simulation;

import dev.sampo.actors.protocol.Controller.AllocateProducerIds;
import dev.sampo.actors.protocol.Controller.BecomeLeader;
import dev.sampo.actors.protocol.Controller.ChangeInSyncReplicas;
import dev.sampo.actors.protocol.Controller.Command;
import dev.sampo.actors.protocol.Controller.CreateTopics;
import dev.sampo.actors.protocol.Controller.DeleteTopics;
import dev.sampo.actors.protocol.Controller.FenceBroker;
import dev.sampo.actors.protocol.Controller.RegisterBroker;
import dev.sampo.actors.protocol.Controller.Reply;
import dev.sampo.partition.controller.ControllerEvent;
import dev.sampo.partition.controller.Decision;
import dev.sampo.partition.controller.MetadataImage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/**
 * As {@code ControllerActor}: recovers, starts its epoch with the first thing that it writes, decides one command after the other
 * by the production rules and answers what is journaled. When the journal refuses or does not tell, nobody is answered.
 */
final class Controller {
    private record Asked(Command command, Consumer<Reply> replyTo) {}

    private final BrokerProcess process;
    private final Cluster cluster;
    private final ControllerRules rules;
    private final int term;
    private final Deque<Asked> waiting = new ArrayDeque<>();
    private MetadataImage image;
    private boolean epochStarted;
    private boolean busy = true;
    private boolean stopped;

    Controller(BrokerProcess process, Cluster cluster, ControllerRules rules, int term) {
        this.process = process;
        this.cluster = cluster;
        this.rules = rules;
        this.term = term;
        recover(cluster.dice().heavyTail(5_000, Timeline.SECONDS));
    }

    int term() {
        return term;
    }

    MetadataImage image() {
        return image;
    }

    boolean serving() {
        return epochStarted && !stopped;
    }

    void stop() {
        stopped = true;
        waiting.clear();
    }

    private void recover(long delayMicros) {
        busy = true;
        process.timer(delayMicros, () -> {
            if (!stopped) {
                epochStarted = false;
                image = cluster.journal().image(); // of a log that this node leads, so it has all that is committed
                busy = false;
                persist(List.of(), () -> {});
            }
        });
    }

    void tell(Command command, Consumer<Reply> replyTo) {
        if (!stopped && waiting.size() < 1_000) {
            waiting.add(new Asked(command, replyTo));
            next();
        }
    }

    private void next() {
        while (!busy && !waiting.isEmpty()) {
            Asked asked = waiting.remove();
            MetadataImage then = epochStarted ? image : image.apply(rules.production().startEpoch(image));
            Decision<? extends Reply> decision = decide(then, asked.command());
            if (cluster.planted(Mutant.ANSWER_BEFORE_JOURNAL)) {
                asked.replyTo().accept(decision.reply());
            }
            persist(decision.events(), () -> asked.replyTo().accept(decision.reply()));
        }
    }

    private Decision<? extends Reply> decide(MetadataImage then, Command command) {
        if (term != cluster.journal().term()) {
            cluster.reach().hit(Reach.Point.SECOND_CONTROLLER);
        }
        return switch (command) {
            case BecomeLeader c -> rules.decide(then, c);
            case RegisterBroker c -> rules.decide(then, c);
            case FenceBroker c -> rules.decide(then, c);
            case ChangeInSyncReplicas c -> rules.decide(then, c);
            case CreateTopics c -> rules.production().decide(then, c);
            case DeleteTopics c -> rules.production().decide(then, c);
            case AllocateProducerIds c -> rules.production().decide(then, c);
            default -> throw new IllegalStateException("not simulated: " + command);
        };
    }

    private void persist(List<ControllerEvent> decided, Runnable answer) {
        List<ControllerEvent> events = decided;
        if (!epochStarted) {
            events = new ArrayList<>(List.of(rules.production().startEpoch(image)));
            events.addAll(decided);
        }
        if (events.isEmpty()) {
            answer.run();
            return;
        }
        busy = true;
        List<ControllerEvent> written = events;
        cluster.journal().append(process, term, image.offset(), written, outcome -> {
            if (stopped) {
                return;
            }
            if (outcome == Journal.Outcome.COMMITTED) {
                epochStarted = true;
                image = cluster.journal().imageAt(image.offset() + written.size());
                busy = false;
                answer.run();
                next();
            } else {
                recover(200 * Timeline.MILLIS); // the actor restarts; those who wait ask again
            }
        });
    }
}
