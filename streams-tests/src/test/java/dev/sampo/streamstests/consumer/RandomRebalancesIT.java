package dev.sampo.streamstests.consumer;

import dev.sampo.client.CommitterSettings;
import dev.sampo.client.ConsumerMessage.CommittableOffset;
import dev.sampo.client.RestrictedConsumer;
import dev.sampo.client.Subscriptions;
import dev.sampo.client.javadsl.Committer;
import dev.sampo.client.javadsl.Consumer;
import dev.sampo.client.javadsl.PartitionAssignmentHandler;
import dev.sampo.streamstests.broker.Await;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.PoisonPill;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Members of one group join, drain, shut down, fail and die at random while records flow. Every record is processed at least
 * once and in order, and no commit goes back: neither that of a member that was slow to let go, nor one tried again.
 */
class RandomRebalancesIT extends ClientScenario {
    private static final int PARTITIONS = 6;
    private static final int MOST_MEMBERS = 5;
    private static final int MANY = 500; // twice for each protocol

    @ParameterizedTest
    @ValueSource(strings = {"eager", "cooperative", "consumer"})
    void nothingIsLostAndNoCommitGoesBackInRandomRebalances(String kind) {
        rebalanceAtRandom(kind, 15, System.nanoTime());
    }

    @Test
    @Tag("soak")
    @Timeout(600)
    void nothingIsLostAndNoCommitGoesBackInManyRandomRebalancesOfAnEagerAssignor() {
        rebalanceAtRandom("eager", MANY, 1);
    }

    @Test
    @Tag("soak")
    @Timeout(600)
    void nothingIsLostAndNoCommitGoesBackInManyRandomRebalancesOfACooperativeAssignor() {
        rebalanceAtRandom("cooperative", MANY, 2);
    }

    @Test
    @Tag("soak")
    @Timeout(600)
    void nothingIsLostAndNoCommitGoesBackInManyRandomRebalancesOfTheNewProtocol() {
        rebalanceAtRandom("consumer", MANY, 3);
    }

    @Test
    @Tag("soak")
    @Timeout(600)
    void nothingIsLostAndNoCommitGoesBackInManyRandomRebalancesOfTheNewProtocolWithAnotherSeed() {
        rebalanceAtRandom("consumer", MANY, 4);
    }

    private void rebalanceAtRandom(String kind, int changes, long seed) {
        // Given
        String topic = topic(PARTITIONS);
        String group = name("group");
        var ledger = new Ledger();
        var random = new Random(seed);
        var hosts = new ArrayDeque<ActorSystem>();
        IntStream.range(0, MOST_MEMBERS + 2).forEach(i -> hosts.add(newSystem()));
        var all = List.copyOf(hosts);
        var free = new ConcurrentLinkedQueue<>(hosts);
        var writer = new Writer(topic);
        var members = new ArrayList<Member>();
        var ended = new ArrayList<CompletionStage<?>>();
        long beginNanos = System.nanoTime();
        int joined = 0;

        // When
        try {
            for (int change = 0; change < changes; change++) {
                if (members.isEmpty() || (members.size() < MOST_MEMBERS && random.nextInt(100) < 50)) {
                    until("a host is free", () -> !free.isEmpty());
                    members.add(new Member(free.remove(), "member-" + ++joined, group, kind, topic, ledger, random.nextBoolean()));
                } else {
                    Member goes = members.remove(random.nextInt(members.size()));
                    ended.add(goes.end(random.nextInt(100)).thenRun(() -> free.add(goes.host)));
                }
                // Most changes are waited for, others come into the middle of the one before.
                var settled = Duration.ofMillis(random.nextInt(4) == 0 ? random.nextInt(300) : 700);
                Await.holds(settled, () -> ledger.isSettled(members.stream().map(member -> member.account).toList(), PARTITIONS));
                for (Member member : members) {
                    assertThat(member.done).as("%s, seed %d", member.name, seed).isNotDone();
                }
            }
            writer.stop();
            if (members.isEmpty()) {
                until("a host is free", () -> !free.isEmpty());
                members.add(new Member(free.remove(), "last", group, kind, topic, ledger, false));
            }
            Map<Integer, Long> ends = writer.ends();
            until("all is committed, " + ends + "; seed " + seed, () -> records.committed(group, topic).equals(ends));
            members.forEach(member -> ended.add(member.end(0)));
            ended.forEach(ClientScenario::await);

            // Then
            GroupHistory history = GroupHistory.of(records, group, topic);
            System.out.printf("%,d random changes of a group (%s, seed %d): %,d rebalances, %,d records processed, %,d of them again,"
                            + " %,d commits, %.0f s%n",
                    changes, kind, seed, history.rebalances(), ledger.processed(), ledger.again(),
                    history.commits().values().stream().mapToInt(List::size).sum(), (System.nanoTime() - beginNanos) / 1e9);
            assertThat(ledger.violations()).as("seed %d", seed).isEmpty();
            assertThat(ledger.ends()).as("processed, seed %d", seed).isEqualTo(ends);
            history.commits().forEach((partition, offsets) ->
                    assertThat(offsets).as("commits of partition %d, seed %d", partition, seed).isSorted());
        } finally {
            writer.stop();
            all.forEach(ActorSystem::terminate);
        }
    }

    /** Writes to all partitions, without a pause in the middle, until it is stopped. */
    private final class Writer {
        private final AtomicBoolean stopping = new AtomicBoolean();
        private final Map<Integer, Long> ends = new TreeMap<>();
        private final Thread thread;

        Writer(String topic) {
            thread = Thread.ofPlatform().daemon().start(() -> {
                while (!stopping.get()) {
                    records.write(IntStream.range(0, PARTITIONS * 2)
                            .mapToObj(i -> new ProducerRecord<>(topic, i % PARTITIONS, "k", "v"))
                            .toList());
                    IntStream.range(0, PARTITIONS).forEach(partition -> ends.merge(partition, 2L, Long::sum));
                    Await.holds(Duration.ofMillis(20), stopping::get);
                }
            });
        }

        void stop() {
            stopping.set(true);
        }

        Map<Integer, Long> ends() {
            try {
                thread.join(LIMIT.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
            return ends;
        }
    }

    private static final class Member {
        private final ActorSystem host;
        private final String name;
        private final Ledger.Member account;
        private final SharedKillSwitch failure;
        private final Consumer.DrainingControl<Done> control;
        private final CompletableFuture<?> done;

        Member(ActorSystem host, String name, String group, String kind, String topic, Ledger ledger, boolean partitioned) {
            this.host = host;
            this.name = name;
            this.failure = KillSwitches.shared(name);
            this.account = ledger.member(name);
            var settings = member(host, group, kind);
            var subscription = Subscriptions.topics(topic).withPartitionAssignmentHandler(new Told(account));
            Source<CommittableOffset, Consumer.Control> offsets = partitioned
                    ? Consumer.committablePartitionedSource(settings, subscription)
                            .flatMapMerge(PARTITIONS, pair -> pair.second().map(message -> {
                                account.process(message.record().partition(), message.record().offset());
                                return message.committableOffset();
                            }))
                    : Consumer.committableSource(settings, subscription).map(message -> {
                        account.process(message.record().partition(), message.record().offset());
                        return message.committableOffset();
                    });
            var committer = CommitterSettings.create(host).withMaxBatch(20).withMaxInterval(Duration.ofMillis(50));
            control = offsets.via(failure.<CommittableOffset>flow())
                    .toMat(Committer.sink(committer), Consumer::createDrainingControl)
                    .run(host);
            done = control.streamCompletion().toCompletableFuture();
        }

        /** @param how of a hundred. @return completes when nothing of it is left, however it ended */
        CompletionStage<?> end(int how) {
            if (how < 40) {
                return control.drainAndShutdown(host.dispatcher()); // a failure of it is one of the test
            }
            if (how < 65) {
                return control.shutdown();
            }
            if (how < 90) {
                failure.abort(new IllegalStateException(name + " was told to fail"));
                return control.isShutdown();
            }
            // Dies without a word: the group hears of it when its session ends.
            host.actorSelection("/system/sampo-consumer-*").tell(PoisonPill.getInstance(), ActorRef.noSender());
            return control.isShutdown().thenRun(() -> failure.abort(new IllegalStateException(name + " is dead")));
        }
    }

    private record Told(Ledger.Member member) implements PartitionAssignmentHandler {
        private static Set<Integer> numbers(Set<TopicPartition> partitions) {
            return partitions.stream().map(TopicPartition::partition).collect(Collectors.toSet());
        }

        @Override
        public void onRevoke(Set<TopicPartition> revoked, RestrictedConsumer consumer) {
            member.revoked(numbers(revoked));
        }

        @Override
        public void onAssign(Set<TopicPartition> assigned, RestrictedConsumer consumer) {
            member.assigned(numbers(assigned));
        }

        @Override
        public void onLost(Set<TopicPartition> lost, RestrictedConsumer consumer) {
            member.revoked(numbers(lost));
        }

        @Override
        public void onStop(Set<TopicPartition> current, RestrictedConsumer consumer) {}
    }
}
