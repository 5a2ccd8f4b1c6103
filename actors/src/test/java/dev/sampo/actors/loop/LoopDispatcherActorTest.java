package dev.sampo.actors.loop;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class LoopDispatcherActorTest {
    private static final DispatcherSelector PARTITIONS = DispatcherSelector.fromConfig("sampo.partition.dispatcher");

    @Test
    void eachActorStaysOnTheLoopThatItsPathChooses() {
        // Given
        ActorTestKit kit = kit("pinning", 3);
        TestProbe<String> threads = kit.createTestProbe();
        Map<String, Set<String>> threadsOfActor = new HashMap<>();

        // When
        for (int a = 0; a < 60; a++) {
            ActorRef<ActorRef<String>> actor = kit.spawn(threadName(), "partition-" + a, PARTITIONS);
            for (int i = 0; i < 20; i++) {
                actor.tell(threads.ref());
                String thread = threads.receiveMessage(Duration.ofSeconds(10));
                threadsOfActor.computeIfAbsent(actor.path().name(), n -> new HashSet<>()).add(thread);
            }
            int expected = LoopExecutor.index(actor.path(), 3);
            assertThat(threadsOfActor.get("partition-" + a)).containsExactly("pinning-loop-" + expected);
        }

        // Then
        Set<String> used = new HashSet<>();
        threadsOfActor.values().forEach(used::addAll);
        assertThat(used).containsExactlyInAnyOrder("pinning-loop-0", "pinning-loop-1", "pinning-loop-2");
        kit.shutdownTestKit();
    }

    @Test
    void dispatcherOfOneLoopRunsItsActorsOnThatLoop() {
        // Given
        ActorTestKit kit = kit("single", 2);
        TestProbe<String> threads = kit.createTestProbe();

        // When
        kit.spawn(threadName(), DispatcherSelector.fromConfig("sampo.loop-1")).tell(threads.ref());

        // Then
        threads.expectMessage("single-loop-1");
        kit.shutdownTestKit();
    }

    @Test
    void twoActorSystemsOfOneNameHaveTheirOwnLoops() {
        // Given
        ActorTestKit first = kit("twin", 1);
        ActorTestKit second = kit("twin", 1);

        // When
        Loops.Lease firstLoops = Loops.lease(first.system());
        Loops.Lease secondLoops = Loops.lease(second.system());
        first.shutdownTestKit();
        firstLoops.close();

        // Then
        TestProbe<String> threads = second.createTestProbe();
        second.spawn(threadName(), PARTITIONS).tell(threads.ref());
        threads.expectMessage("twin-loop-0");
        assertThat(firstLoops.loops().getFirst()).isNotSameAs(secondLoops.loops().getFirst());
        secondLoops.close();
        second.shutdownTestKit();
    }

    @Test
    void loopsEndWithTheirActorSystem() {
        // Given
        ActorTestKit kit = kit("ending", 2);
        TestProbe<String> threads = kit.createTestProbe();
        kit.spawn(threadName(), PARTITIONS).tell(threads.ref());
        threads.receiveMessage();

        // When
        kit.shutdownTestKit();

        // Then
        Waiting.until("no loop thread is left", () -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("ending-loop-")));
    }

    @Test
    void dispatcherWithoutActorsLetsGoOfTheLoopsAndComesBack() {
        // Given
        ActorTestKit kit = kit("returning", 1);
        TestProbe<String> threads = kit.createTestProbe();
        ActorRef<ActorRef<String>> first = kit.spawn(threadName(), PARTITIONS);
        first.tell(threads.ref());
        threads.receiveMessage();
        kit.stop(first);
        Waiting.until("loops ended", () -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("returning-loop-")));

        // When
        kit.spawn(threadName(), PARTITIONS).tell(threads.ref());

        // Then
        threads.expectMessage("returning-loop-0");
        kit.shutdownTestKit();
    }

    private static ActorTestKit kit(String name, int loops) {
        return ActorTestKit.create(name, ConfigFactory.parseString("sampo.loop.count = " + loops)
                .withFallback(ConfigFactory.parseResources("sampo-pekko.conf"))
                .withFallback(ConfigFactory.load()).resolve());
    }

    private static Behavior<ActorRef<String>> threadName() {
        return Behaviors.receiveMessage(replyTo -> {
            replyTo.tell(Thread.currentThread().getName());
            return Behaviors.same();
        });
    }
}
