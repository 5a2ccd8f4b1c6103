package dev.sampo.actors.serialization;

import com.typesafe.config.ConfigFactory;
import java.io.NotSerializableException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.serialization.SerializationExtension;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class KryoSerializerTest {
    /** The same record in two releases: the new one appended components. */
    record Old(String name, int count) implements SampoMessage {}

    record New(String name, int count, long size, String rack, boolean fenced, List<String> tags)
            implements SampoMessage {}

    record Deep(Object inner) implements SampoMessage {}

    record Holder(Map<String, Integer> map, Set<Uuid> set, List<Object> list, byte[] bytes) implements SampoMessage {}

    public static final class OldRegistrar implements KryoRegistrar {
        @Override
        public void register(KryoRegistrations registrations) {
            registrations.addRecord(9000, Old.class).addRecord(9001, Deep.class).addRecord(9002, Holder.class);
        }
    }

    public static final class NewRegistrar implements KryoRegistrar {
        @Override
        public void register(KryoRegistrations registrations) {
            registrations.addRecord(9000, New.class).addRecord(9001, Deep.class);
        }
    }

    private static ActorTestKit oldKit;
    private static ActorTestKit newKit;
    private static KryoSerializer serializer;
    private static KryoSerializer newer;

    @BeforeAll
    static void start() {
        oldKit = kit("old", OldRegistrar.class);
        newKit = kit("new", NewRegistrar.class);
        serializer = serializer(oldKit);
        newer = serializer(newKit);
    }

    private static ActorTestKit kit(String name, Class<? extends KryoRegistrar> registrar) {
        return ActorTestKit.create(name, ConfigFactory.parseString(
                        "sampo.serialization.registrars.test = \"" + registrar.getName() + "\"")
                .withFallback(ConfigFactory.load()));
    }

    private static KryoSerializer serializer(ActorTestKit kit) {
        return (KryoSerializer) SerializationExtension.get(kit.system()).serializerByIdentity()
                .apply(KryoSerializer.IDENTIFIER);
    }

    @AfterAll
    static void stop() {
        oldKit.shutdownTestKit();
        newKit.shutdownTestKit();
    }

    @Test
    void everyRegisteredClassComesBackEqual() throws Exception {
        for (Class<?> type : serializer.registrations().classes().values()) {
            if (type == Deep.class || type == Holder.class) {
                continue;
            }
            // Given
            for (Object value : type.isEnum() ? List.of(type.getEnumConstants()) : List.of(sample(type))) {
                // When
                Object back = serializer.fromBinary(serializer.toBinary(value), serializer.manifest(value));
                // Then
                assertThat(back).isEqualTo(value);
            }
        }
    }

    @Test
    void anActorReferenceAndEveryCollectionComeBackEqual() throws Exception {
        // Given
        var holder = new Holder(Map.of("a", 1), Set.of(Uuid.randomUuid()), Arrays.asList(1L, null, "x", (short) 3, 2.5),
                new byte[] {1, 2});
        // When
        var back = (Holder) serializer.fromBinary(serializer.toBinary(holder), "k1");
        // Then
        assertThat(back.map()).isEqualTo(holder.map());
        assertThat(back.set()).isEqualTo(holder.set());
        assertThat(back.list()).isEqualTo(holder.list());
        assertThat(back.bytes()).isEqualTo(holder.bytes());
        assertThatThrownBy(() -> back.list().add("y")).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void aNewReleaseReadsWhatAnOldOneWroteAndFillsWhatIsMissing() throws Exception {
        // Given
        byte[] written = serializer.toBinary(new Deep(List.of(new Old("a", -7), new Old("b", 8))));
        // When
        Object read = newer.fromBinary(written, "k1");
        // Then
        assertThat(read).isEqualTo(new Deep(List.of(
                new New("a", -7, 0, null, false, null), new New("b", 8, 0, null, false, null))));
    }

    @Test
    void anOldReleaseReadsWhatANewOneWroteAndSkipsWhatItDoesNotKnow() throws Exception {
        // Given
        byte[] written = newer.toBinary(new Deep(List.of(
                new New("a", -7, 1L << 40, "r1", true, List.of("t")), new New("b", 8, 2, "r2", false, List.of()))));
        // When
        Object read = serializer.fromBinary(written, "k1");
        // Then
        assertThat(read).isEqualTo(new Deep(List.of(new Old("a", -7), new Old("b", 8))));
    }

    @Test
    void theBytesOfARecordNeverChange() throws Exception {
        // When
        byte[] written = serializer.toBinary(new Old("aA", -7));
        // Then
        assertThat(HexFormat.of().formatHex(written)).isEqualTo(GOLDEN);
    }

    /** Class id 9000 + 2, two components, each with its length: "aA" as class id 1 + 2, its length and text; -7. */
    private static final String GOLDEN = "aa4602" + "04" + "03" + "02" + "6141" + "01" + "0d";

    @Test
    void hostileBytesAreRefusedAndCostLittle() throws Exception {
        // Given
        byte[] good = serializer.toBinary(new Deep(List.of(
                sample(dev.sampo.actors.protocol.Controller.CreateTopics.class), new Old("abc", 5))));
        var random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            byte[] bad = Arrays.copyOf(good, random.nextInt(4) == 0 ? random.nextInt(good.length) : good.length);
            for (int flips = 1 + random.nextInt(6); flips > 0 && bad.length > 0; flips--) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
            }
            // When
            try {
                serializer.fromBinary(bad, "k1");
            } catch (NotSerializableException refused) {
                // Then: nothing else is thrown
                assertThat(refused).hasMessageNotContaining("OutOfMemory");
            }
        }
    }

    @Test
    void aListThatSaysItIsHugeIsRefusedBeforeMemoryIsTaken() {
        // Given: class id 22 is list's 20 with Kryo's offset of 2, then a count of 2^31 - 1
        byte[] bytes = {22, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 7};
        // Then
        assertThatThrownBy(() -> serializer.fromBinary(bytes, "k1"))
                .isInstanceOf(NotSerializableException.class)
                .hasMessageContaining("2147483647 elements");
    }

    @Test
    void messagesNestedTooDeepAreRefused() {
        // Given
        byte[] bytes = new byte[2 * 10_000 + 2];
        for (int i = 0; i < 10_000; i++) {
            bytes[2 * i] = 22;
            bytes[2 * i + 1] = 1;
        }
        // Then
        assertThatThrownBy(() -> serializer.fromBinary(bytes, "k1")).isInstanceOf(NotSerializableException.class);
    }

    @Test
    void aClassByNameAnUnknownIdAndAnUnknownManifestAreRefused() {
        byte[] byName = ByteBuffer.allocate(20).put((byte) 1).put((byte) 0).put("java.lang.Objec\u00f4".getBytes(
                java.nio.charset.StandardCharsets.ISO_8859_1)).array();
        assertThatThrownBy(() -> serializer.fromBinary(byName, "k1"))
                .isInstanceOf(NotSerializableException.class).hasMessageContaining("by name");
        assertThatThrownBy(() -> serializer.fromBinary(new byte[] {(byte) 0xff, 0x7f}, "k1"))
                .isInstanceOf(NotSerializableException.class);
        assertThatThrownBy(() -> serializer.fromBinary(new byte[] {}, "k2"))
                .isInstanceOf(NotSerializableException.class).hasMessageContaining("k2");
        assertThatThrownBy(() -> serializer.toBinary(Duration.ZERO)).hasMessageContaining("not registered");
    }

    @Test
    void anIdOrAClassThatIsRegisteredTwiceIsRefused() {
        var registrations = new KryoRegistrations().addRecord(9000, Old.class);
        assertThatThrownBy(() -> registrations.addRecord(9000, New.class)).hasMessageContaining("9000");
        assertThatThrownBy(() -> registrations.addRecord(9001, Old.class)).hasMessageContaining("9001");
        assertThatThrownBy(() -> registrations.addRecord(7, New.class)).hasMessageContaining("7");
    }

    /** A value of this class with something in each component. */
    private static Object sample(Type type) throws ReflectiveOperationException {
        if (type instanceof WildcardType wildcard) {
            return sample(wildcard.getUpperBounds()[0]);
        }
        if (type instanceof ParameterizedType parameterized) {
            Type[] arguments = parameterized.getActualTypeArguments();
            if (parameterized.getRawType() == List.class) {
                return List.of(sample(arguments[0]), sample(arguments[0]));
            } else if (parameterized.getRawType() == Map.class) {
                return Map.of(sample(arguments[0]), sample(arguments[1]));
            } else if (parameterized.getRawType() == ActorRef.class) {
                return oldKit.createTestProbe().ref();
            }
        }
        Class<?> raw = (Class<?>) type;
        if (raw == int.class || raw == Integer.class) {
            return -12345;
        } else if (raw == long.class || raw == Long.class) {
            return 1L << 50;
        } else if (raw == short.class) {
            return (short) -3;
        } else if (raw == boolean.class) {
            return true;
        } else if (raw == String.class) {
            return "a\u00e4\u20ac";
        } else if (raw == Uuid.class) {
            return Uuid.randomUuid();
        } else if (raw.isEnum()) {
            return raw.getEnumConstants()[1];
        }
        RecordComponent[] components = raw.getRecordComponents();
        var values = new Object[components.length];
        var types = new Class<?>[components.length];
        for (int i = 0; i < components.length; i++) {
            values[i] = sample(components[i].getGenericType());
            types[i] = components[i].getType();
        }
        var constructor = raw.getDeclaredConstructor(types);
        constructor.setAccessible(true);
        return constructor.newInstance(values);
    }
}
