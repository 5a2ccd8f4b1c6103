package dev.sampo.client.producer;

import dev.sampo.client.producer.ProducerState.Urgency;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.protocol.Errors;

import static org.assertj.core.api.Assertions.assertThat;

/** A producer against leaders that move, refuse, lose answers and drop connections. The seed is jqwik's argument. */
class ProducerStateSimulation {
    private static final int PARTITIONS = 3;
    private static final Errors[] REFUSALS = {
        Errors.NOT_LEADER_OR_FOLLOWER, Errors.NOT_ENOUGH_REPLICAS, Errors.UNKNOWN_TOPIC_OR_PARTITION, Errors.REQUEST_TIMED_OUT
    };

    private static final class World {
        final Random random;
        final ProducerOptions options;
        final ProducerState producer;
        final ModelBroker broker = new ModelBroker();
        final Map<Integer, ArrayDeque<ProduceCall>> connections = new TreeMap<>();
        final List<Set<String>> metadataQuestions = new ArrayList<>();
        final Map<String, Long> offsets = new HashMap<>();
        final List<String> failed = new ArrayList<>();
        final int[] leaders = new int[PARTITIONS];
        boolean idAsked;
        long nowMs = 1_000;
        int calls;

        World(long seed, Map<String, Object> properties) {
            random = new Random(seed);
            var all = new HashMap<String, Object>(Map.of(
                    "bootstrap.servers", "localhost:1", "batch.size", "200", "max.request.size", "1000"));
            all.putAll(properties);
            options = ProducerOptions.from(all);
            producer = new ProducerState(options, random::nextInt);
        }

        void append(int partition, String value) {
            producer.append(
                    new Delivery() {
                        @Override
                        public void acknowledged(RecordMetadata metadata) {
                            assertThat(offsets.put(value, metadata.offset())).as("outcome told twice: " + value).isNull();
                        }

                        @Override
                        public void failed(RuntimeException cause) {
                            failed.add(value);
                        }
                    },
                    "t", partition, nowMs, null, value.getBytes(StandardCharsets.UTF_8), new Header[0], nowMs);
        }

        void perform(List<ProducerEffect> effects) {
            for (ProducerEffect effect : effects) {
                if (effect instanceof ProducerEffect.Produce produce) {
                    calls++;
                    ArrayDeque<ProduceCall> connection =
                            connections.computeIfAbsent(produce.call().brokerId(), id -> new ArrayDeque<>());
                    connection.add(produce.call());
                    assertThat(connection.size()).isLessThanOrEqualTo(options.maxInFlightPerBroker());
                } else if (effect instanceof ProducerEffect.InitProducerId) {
                    assertThat(idAsked).isFalse();
                    idAsked = true;
                } else if (effect instanceof ProducerEffect.FetchMetadata fetch) {
                    metadataQuestions.add(fetch.topics());
                } else if (effect instanceof ProducerEffect.Acknowledged done) {
                    done.batch().acknowledge(done.baseOffset(), done.logAppendTimeMs());
                } else if (effect instanceof ProducerEffect.GaveUp gaveUp) {
                    gaveUp.batch().fail(gaveUp.cause());
                } else if (effect instanceof ProducerEffect.Refused refused) {
                    refused.delivery().failed(refused.cause());
                }
            }
        }

        void drain(Urgency urgency) {
            perform(producer.drain(urgency, nowMs));
        }

        TopicLeaders leaders() {
            return new TopicLeaders("t", new Uuid(1, 1), leaders.clone(), Errors.NONE);
        }

        /** One thing that happens elsewhere; faults only while {@code hostile}. */
        void step(boolean hostile) {
            nowMs += random.nextInt(30);
            int what = random.nextInt(hostile ? 12 : 6);
            List<Integer> busy = connections.entrySet().stream().filter(e -> !e.getValue().isEmpty()).map(Map.Entry::getKey).toList();
            if (what == 0 && idAsked) {
                idAsked = false;
                producer.onProducerId(42, (short) 0);
            } else if (what == 1 && !metadataQuestions.isEmpty()) {
                metadataQuestions.remove(0);
                perform(producer.onMetadata(List.of(leaders()), nowMs));
            } else if (what < 6 && !busy.isEmpty()) {
                answer(busy.get(random.nextInt(busy.size())), hostile);
            } else if (what == 6 && !busy.isEmpty()) {
                disconnect(busy.get(random.nextInt(busy.size())));
            } else if (what == 7) {
                leaders[random.nextInt(PARTITIONS)] = random.nextInt(3) - 1;
            } else if (what == 8) {
                nowMs += 500;
            }
            drain(random.nextInt(3) == 0 ? Urgency.FLUSH : Urgency.IDLE);
        }

        private void answer(int brokerId, boolean hostile) {
            ProduceCall call = connections.get(brokerId).remove();
            var refused = new HashMap<Integer, Errors>();
            for (ProducerBatch batch : call.batches()) {
                int partition = batch.topicPartition().partition();
                if (leaders[partition] != brokerId) {
                    refused.put(partition, Errors.NOT_LEADER_OR_FOLLOWER);
                } else if (hostile && random.nextInt(4) == 0) {
                    refused.put(partition, REFUSALS[random.nextInt(REFUSALS.length)]);
                }
            }
            perform(producer.onProduced(call, broker.answer(call, refused), nowMs));
        }

        /** The broker applied some of the open requests; nobody hears of it. */
        private void disconnect(int brokerId) {
            ArrayDeque<ProduceCall> open = connections.get(brokerId);
            int applied = random.nextInt(open.size() + 1);
            List<ProduceCall> lost = List.copyOf(open);
            open.clear();
            for (int i = 0; i < lost.size(); i++) {
                if (i < applied) {
                    var refused = new HashMap<Integer, Errors>();
                    for (int partition = 0; partition < PARTITIONS; partition++) {
                        if (leaders[partition] != brokerId) {
                            refused.put(partition, Errors.NOT_LEADER_OR_FOLLOWER);
                        }
                    }
                    broker.answer(lost.get(i), refused);
                }
            }
            for (ProduceCall call : lost) {
                perform(producer.onCallFailed(call, new DisconnectException("lost"), nowMs));
            }
        }
    }

    @Property(tries = 300)
    void everyRecordIsInTheLogOnceAndInOrderWhateverFails(@ForAll long seed) {
        // Given
        var world = new World(seed, Map.of("delivery.timeout.ms", "2000000000"));
        List<List<String>> given = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());

        // When
        for (int i = 0; i < 400; i++) {
            if (world.random.nextInt(2) == 0) {
                int partition = world.random.nextInt(PARTITIONS);
                given.get(partition).add(partition + "-" + i);
                world.append(partition, partition + "-" + i);
            }
            world.step(true);
        }
        java.util.Arrays.fill(world.leaders, 1);
        for (int i = 0; i < 20_000 && !world.producer.isIdle(); i++) {
            world.step(false);
        }

        // Then
        assertThat(world.producer.isIdle()).isTrue();
        assertThat(world.failed).isEmpty();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            assertThat(world.broker.values(partition)).isEqualTo(given.get(partition));
            for (int offset = 0; offset < given.get(partition).size(); offset++) {
                assertThat(world.offsets.get(given.get(partition).get(offset))).isEqualTo(offset);
            }
        }
    }

    @Property(tries = 200)
    void recordsThatExpireAreToldSoAndTheOthersArriveInOrderAndOnce(@ForAll long seed) {
        // Given
        var world = new World(seed, Map.of("delivery.timeout.ms", "1500", "request.timeout.ms", "1000"));
        List<List<String>> given = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());

        // When
        for (int i = 0; i < 400; i++) {
            if (world.random.nextInt(2) == 0) {
                int partition = world.random.nextInt(PARTITIONS);
                given.get(partition).add(partition + "-" + i);
                world.append(partition, partition + "-" + i);
            }
            world.step(true);
        }
        java.util.Arrays.fill(world.leaders, 1);
        for (int i = 0; i < 20_000 && !(world.producer.isIdle() && world.connections.values().stream().allMatch(ArrayDeque::isEmpty)); i++) {
            world.step(false);
        }

        // Then
        assertThat(world.producer.isIdle()).isTrue();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            List<String> log = world.broker.values(partition);
            assertThat(log).doesNotHaveDuplicates();
            List<String> inOrder = given.get(partition).stream().filter(log::contains).toList();
            assertThat(log).isEqualTo(inOrder);
            List<String> lost = given.get(partition).stream().filter(value -> !log.contains(value)).toList();
            assertThat(world.failed).containsAll(lost);
            given.get(partition).forEach(value -> assertThat(world.offsets.containsKey(value)).isNotEqualTo(world.failed.contains(value)));
        }
    }
}
