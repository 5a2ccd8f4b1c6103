package dev.sampo.kafka.fetch;

import dev.sampo.actors.model.KafkaError;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.kafka.common.Uuid;

import static org.assertj.core.api.Assertions.assertThat;

/** A client that follows a session against a model that remembers, per partition, what the client was last told. */
class FetchSessionsProperties {
    record Outcome(int recordsSizeBytes, long highWatermark, long logStartOffset, boolean failed)
            implements PartitionOutcome {
        @Override
        public boolean mustBeSent() {
            return failed;
        }
    }

    private static final Uuid TOPIC = new Uuid(1, 2);

    static FetchPartition.Key key(int partition) {
        return FetchPartition.Key.of(TOPIC, partition);
    }

    @Property(tries = 300)
    void aSessionReadsWhatTheClientWantsAndTellsExactlyWhatTheClientDoesNotKnow(@ForAll long seed) {
        // Given
        var random = new Random(seed);
        var sessions = new FetchSessions(1, random::nextInt);
        Map<FetchPartition.Key, FetchPartition> wanted = new HashMap<>();
        Map<FetchPartition.Key, Outcome> told = new HashMap<>();
        int session = 0;
        int epoch = 0;
        List<FetchPartition.Key> lastOrder = List.of();
        Set<FetchPartition.Key> lastWithRecords = Set.of();
        for (int step = 0; step < 30; step++) {
            var changed = new ArrayList<FetchPartition>();
            var forgotten = new ArrayList<FetchPartition.Key>();
            for (int i = 0; i < 6; i++) {
                if (random.nextInt(3) == 0 || (step == 0 && i == 0)) {
                    var partition = new FetchPartition(key(i), random.nextInt(100), random.nextInt(100), -1, -1);
                    changed.add(partition);
                    wanted.put(partition.key(), partition);
                } else if (random.nextInt(6) == 0 && i > 0 && epoch > 0) {
                    forgotten.add(key(i));
                    wanted.remove(key(i));
                    told.remove(key(i));
                }
            }

            // When
            FetchContext context = sessions.begin(true, session, epoch, "User:a", false, changed, forgotten, step);

            // Then
            assertThat(context.partitions()).containsExactlyInAnyOrderElementsOf(wanted.values());
            List<FetchPartition.Key> order = context.partitions().stream().map(FetchPartition::key).toList();
            assertRotated(lastOrder, lastWithRecords, order);
            var outcomes = new ArrayList<Outcome>();
            Set<FetchPartition.Key> mustHear = new HashSet<>();
            lastWithRecords = new HashSet<>();
            for (FetchPartition.Key key : order) {
                Outcome outcome = outcome(random);
                outcomes.add(outcome);
                Outcome before = told.get(key);
                boolean news = before == null
                        ? epoch == 0 || outcome.highWatermark() != -1 || outcome.logStartOffset() != -1
                        : before.highWatermark() != outcome.highWatermark()
                                || before.logStartOffset() != outcome.logStartOffset();
                if (epoch == 0 || news || outcome.failed() || outcome.recordsSizeBytes() > 0) {
                    mustHear.add(key);
                }
                if (outcome.recordsSizeBytes() > 0 && epoch > 0) {
                    lastWithRecords.add(key);
                }
                told.put(key, outcome);
            }
            FetchContext.Answer answer = context.finish(outcomes, step);
            assertThat(answer.error()).isEqualTo(KafkaError.NONE);
            Set<FetchPartition.Key> heard = new HashSet<>();
            answer.included().stream().forEach(i -> heard.add(order.get(i)));
            assertThat(heard).isEqualTo(mustHear);
            lastOrder = order;
            session = answer.sessionId();
            epoch = FetchSession.nextEpoch(epoch);
        }
    }

    private static Outcome outcome(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> new Outcome(0, -1, -1, true);
            case 1 -> new Outcome(1 + random.nextInt(9), random.nextInt(3), random.nextInt(2), false);
            default -> new Outcome(0, random.nextInt(3), random.nextInt(2), false);
        };
    }

    /** Those that gave records come after those that were there and gave none. */
    private static void assertRotated(
            List<FetchPartition.Key> before, Set<FetchPartition.Key> withRecords, List<FetchPartition.Key> now) {
        int lastWithout = -1;
        int firstWith = Integer.MAX_VALUE;
        for (int i = 0; i < now.size(); i++) {
            if (withRecords.contains(now.get(i))) {
                firstWith = Math.min(firstWith, i);
            } else if (before.contains(now.get(i))) {
                lastWithout = i;
            }
        }
        assertThat(lastWithout).isLessThan(firstWith);
    }
}
