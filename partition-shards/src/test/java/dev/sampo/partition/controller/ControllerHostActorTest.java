package dev.sampo.partition.controller;

import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.DescribeQuorum;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.ActorSelection;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ControllerHostActorTest {
    private static final Duration WAIT = Duration.ofSeconds(20);

    private final ActorTestKit kit = ActorTestKit.create();
    private final TestProbe<Controller.Command> here = kit.createTestProbe(Controller.Command.class);
    private final TestProbe<Controller.Command> otherHost = kit.createTestProbe(Controller.Command.class);
    private final AtomicReference<Optional<ActorSelection>> elsewhere = new AtomicReference<>(Optional.empty());
    private final ActorRef<Controller.Command> host = kit.spawn(ControllerHost.create(this::controller, elsewhere::get, null));

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private Behavior<Controller.Command> controller() {
        return Behaviors.receive(Controller.Command.class)
                .onAnyMessage(command -> {
                    here.ref().tell(command);
                    return Behaviors.same();
                })
                .build();
    }

    private void anotherLeads() {
        elsewhere.set(Optional.of(Adapter.toClassic(kit.system()).actorSelection(Adapter.toClassic(otherHost.ref()).path())));
    }

    private Controller.Command command() {
        return new DescribeQuorum(kit.createTestProbe(Controller.QuorumReply.class).ref());
    }

    @Test
    void whatComesAfterThisNodeHasLedGoesToWhoDoesNow() {
        host.tell(new ControllerHost.RoleChanged(true));
        host.tell(new ControllerHost.RoleChanged(false));
        anotherLeads();
        Controller.Command late = command();

        host.tell(late);

        otherHost.expectMessage(WAIT, late);
    }

    @Test
    void whatComesWhileNobodyIsKnownToLeadWaitsForWhoDoes() {
        Controller.Command first = command();
        Controller.Command second = command();
        host.tell(first);
        host.tell(second);

        anotherLeads();

        otherHost.expectMessage(WAIT, first);
        otherHost.expectMessage(WAIT, second);
    }

    @Test
    void whatComesBeforeThisNodeLeadsWaitsForIt() {
        Controller.Command early = command();
        host.tell(early);

        host.tell(new ControllerHost.RoleChanged(true));

        here.expectMessage(WAIT, early);
    }
}
