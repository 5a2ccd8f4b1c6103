package dev.sampo.partition.controller;

import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.Controller.ConfigResourceType;
import dev.sampo.actors.protocol.Controller.Endpoint;
import dev.sampo.partition.controller.ControllerEvent.BrokerChanged;
import dev.sampo.partition.controller.ControllerEvent.BrokerFenced;
import dev.sampo.partition.controller.ControllerEvent.BrokerRegistered;
import dev.sampo.partition.controller.ControllerEvent.BrokerUnregistered;
import dev.sampo.partition.controller.ControllerEvent.ConfigsChanged;
import dev.sampo.partition.controller.ControllerEvent.EpochStarted;
import dev.sampo.partition.controller.ControllerEvent.InSyncReplicasChanged;
import dev.sampo.partition.controller.ControllerEvent.LeaderElected;
import dev.sampo.partition.controller.ControllerEvent.LeaderWanted;
import dev.sampo.partition.controller.ControllerEvent.PartitionMoveStarted;
import dev.sampo.partition.controller.ControllerEvent.PartitionMoved;
import dev.sampo.partition.controller.ControllerEvent.PartitionsAdded;
import dev.sampo.partition.controller.ControllerEvent.PlacementGroupCreated;
import dev.sampo.partition.controller.ControllerEvent.ProducerIdsAllocated;
import dev.sampo.partition.controller.ControllerEvent.TopicCreated;
import dev.sampo.partition.controller.ControllerEvent.TopicDeleted;
import dev.sampo.persistence.journal.EventCodec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is persisted stays readable: {@code golden/<type>.<version>.hex} holds the bytes of one event in each version that
 * was ever written, as they stand in the metadata log. A type that has got another component gets a file with the next
 * number; no file is ever changed.
 */
final class GoldenBytesActorTest {
    private static final Uuid ID = new Uuid(0x0102030405060708L, 0x1112131415161718L);
    private static final Uuid OTHER = new Uuid(0x2122232425262728L, 0x3132333435363738L);
    private static final int MOST_VERSIONS = 100;

    private static final List<ControllerEvent> EVENTS = List.of(
            new EpochStarted(3),
            new BrokerRegistered(
                    1, ID, OTHER, 7, List.of(new Endpoint("PLAINTEXT", "localhost", 9092, "PLAINTEXT")), "r1",
                    "localhost:7356"),
            new BrokerFenced(2, 8),
            new PlacementGroupCreated("g0", List.of(1, 2), 4, List.of(2)),
            new TopicCreated(ID, "orders", List.of("g0", "g1"), true, Map.of("retention.ms", "1000")),
            new PartitionsAdded(ID, List.of("g2")),
            new TopicDeleted(ID),
            new LeaderElected("g0", 1, 5, List.of(1, 2)),
            new InSyncReplicasChanged("g0", List.of(1), List.of(2)),
            new LeaderWanted("g0", 2),
            new PartitionMoveStarted(ID, 0, "g1"),
            new PartitionMoved(ID, 1, "g2"),
            new BrokerChanged(1, true, true),
            new BrokerUnregistered(2),
            new ConfigsChanged(new ConfigResource(ConfigResourceType.TOPIC, "orders"), Map.of("segment.bytes", "9")),
            new ProducerIdsAllocated(1, 1000, 500));

    private static ActorTestKit kit;
    private static EventCodec codec;

    @BeforeAll
    static void start() {
        kit = ActorTestKit.create();
        codec = EventCodec.of(kit.system());
    }

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void everyTypeOfEventHasGoldenBytes() {
        assertThat(EVENTS).extracting(event -> (Object) event.getClass())
                .as("one sample of each event")
                .containsExactlyInAnyOrder((Object[]) ControllerEvent.class.getPermittedSubclasses());
    }

    @Test
    void everyEventIsWrittenAndReadAsItsNewestGoldenBytes() throws IOException {
        var softly = new SoftAssertions();
        for (ControllerEvent event : EVENTS) {
            assertNewest(softly, event);
        }
        softly.assertAll();
    }

    @Test
    void aSnapshotIsWrittenAndReadAsItsNewestGoldenBytes() throws IOException {
        MetadataImage image = MetadataImage.EMPTY;
        for (ControllerEvent event : EVENTS) {
            if (event instanceof TopicCreated) {
                image = image.apply(new PlacementGroupCreated("g1", List.of(1), 0, List.of(1)));
            }
            if (event instanceof PartitionsAdded) {
                image = image.apply(new PlacementGroupCreated("g2", List.of(1), 0, List.of(1)));
            }
            if (event instanceof BrokerFenced) {
                image = image.apply(new BrokerRegistered(2, OTHER, ID, 8, List.of(), null));
            }
            if (!(event instanceof TopicDeleted)) {
                image = image.apply(event);
            }
        }
        MetadataSnapshot snapshot = MetadataSnapshot.of(image);
        var sorted = new MetadataSnapshot(
                snapshot.offset(), snapshot.controllerEpoch(), snapshot.brokerRegistrations(), snapshot.nextProducerId(),
                snapshot.brokers().stream().sorted(Comparator.comparingInt(MetadataImage.Broker::id)).toList(),
                snapshot.topics(),
                snapshot.groups().stream().sorted(Comparator.comparing(MetadataImage.PlacementGroup::id)).toList(),
                snapshot.configs());
        var softly = new SoftAssertions();
        assertNewest(softly, sorted);
        softly.assertAll();
    }

    @Test
    void whatEarlierVersionsWroteIsRead() throws IOException {
        var types = new ArrayList<Class<?>>(Arrays.asList(ControllerEvent.class.getPermittedSubclasses()));
        types.add(MetadataSnapshot.class);
        for (Class<?> type : types) {
            List<String> versions = golden(type);
            assertThat(versions).as("golden bytes of " + type.getSimpleName()).isNotEmpty();
            for (String version : versions) {
                assertThat(codec.decode(HexFormat.of().parseHex(version))).isInstanceOf(type);
            }
        }
    }

    private static void assertNewest(SoftAssertions softly, Object value) throws IOException {
        String written = HexFormat.of().formatHex(codec.encode(value));
        List<String> golden = golden(value.getClass());
        String name = value.getClass().getSimpleName() + "." + (golden.size() + 1) + ".hex";
        if (golden.isEmpty()) {
            softly.fail("no golden bytes: if it is a new type, add golden/" + name + " with " + written);
            return;
        }
        softly.assertThat(written)
                .as("other bytes than before: if a component was added at the end, add golden/" + name + " with them")
                .isEqualTo(golden.getLast());
        softly.assertThat(codec.decode(HexFormat.of().parseHex(golden.getLast()))).isEqualTo(value);
    }

    /** The bytes in hex, version 1 first. */
    private static List<String> golden(Class<?> type) throws IOException {
        var found = new ArrayList<String>();
        for (int version = 1; version < MOST_VERSIONS; version++) {
            String name = "/golden/" + type.getSimpleName() + "." + version + ".hex";
            try (InputStream file = GoldenBytesActorTest.class.getResourceAsStream(name)) {
                if (file == null) {
                    return found;
                }
                found.add(new String(file.readAllBytes(), StandardCharsets.US_ASCII).strip());
            }
        }
        return found;
    }
}
