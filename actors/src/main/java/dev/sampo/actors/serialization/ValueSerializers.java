package dev.sampo.actors.serialization;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.jspecify.annotations.Nullable;

/** What records are made of. Collections come back immutable, in the order written, whatever class went in. */
final class ValueSerializers {
    private ValueSerializers() {}

    /** The least an element takes, so that a hostile count cannot ask for more memory than the bytes justify. */
    private static int count(Input input, int bytesEach) {
        int count = input.readVarInt(true);
        int left = input.limit() - input.position();
        if (count < 0 || (long) count * bytesEach > left) {
            throw new KryoException("a collection says " + count + " elements, " + left + " bytes are left");
        }
        return count;
    }

    static final class Text extends Serializer<String> {
        Text() {
            setImmutable(true);
        }

        @Override
        public void write(Kryo kryo, Output output, String text) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            output.writeVarInt(utf8.length, true);
            output.writeBytes(utf8);
        }

        @Override
        public String read(Kryo kryo, Input input, Class<? extends String> type) {
            return new String(input.readBytes(count(input, 1)), StandardCharsets.UTF_8);
        }
    }

    static final class Bytes extends Serializer<byte[]> {
        @Override
        public void write(Kryo kryo, Output output, byte[] bytes) {
            output.writeVarInt(bytes.length, true);
            output.writeBytes(bytes);
        }

        @Override
        public byte[] read(Kryo kryo, Input input, Class<? extends byte[]> type) {
            return input.readBytes(count(input, 1));
        }
    }

    static final class KafkaUuid extends Serializer<Uuid> {
        KafkaUuid() {
            setImmutable(true);
        }

        @Override
        public void write(Kryo kryo, Output output, Uuid id) {
            output.writeLong(id.getMostSignificantBits());
            output.writeLong(id.getLeastSignificantBits());
        }

        @Override
        public Uuid read(Kryo kryo, Input input, Class<? extends Uuid> type) {
            return new Uuid(input.readLong(), input.readLong());
        }
    }

    static final class EnumByCode<E extends Enum<E>> extends Serializer<E> {
        private final Map<Integer, E> byCode = new HashMap<>();
        private final Function<E, Integer> code;

        EnumByCode(Class<E> type, Function<E, Integer> code) {
            setImmutable(true);
            this.code = code;
            for (E constant : type.getEnumConstants()) {
                E other = byCode.putIfAbsent(code.apply(constant), constant);
                if (other != null) {
                    throw new IllegalArgumentException(type.getName() + ": " + other + " and " + constant
                            + " have one code");
                }
            }
        }

        @Override
        public void write(Kryo kryo, Output output, E constant) {
            output.writeVarInt(code.apply(constant), false);
        }

        @Override
        public E read(Kryo kryo, Input input, Class<? extends E> type) {
            int read = input.readVarInt(false);
            E constant = byCode.get(read);
            if (constant == null) {
                throw new KryoException(type.getName() + " has no constant with code " + read
                        + "; does a newer release run beside this one?");
            }
            return constant;
        }
    }

    static final class Listed extends Serializer<List<@Nullable Object>> {
        @Override
        public void write(Kryo kryo, Output output, List<@Nullable Object> list) {
            writeAll(kryo, output, list);
        }

        @Override
        public List<@Nullable Object> read(Kryo kryo, Input input, Class<? extends List<@Nullable Object>> type) {
            return Collections.unmodifiableList(readAll(kryo, input, new ArrayList<@Nullable Object>()));
        }
    }

    static final class SetOf extends Serializer<Set<@Nullable Object>> {
        @Override
        public void write(Kryo kryo, Output output, Set<@Nullable Object> set) {
            writeAll(kryo, output, set);
        }

        @Override
        public Set<@Nullable Object> read(Kryo kryo, Input input, Class<? extends Set<@Nullable Object>> type) {
            return Collections.unmodifiableSet(readAll(kryo, input, new LinkedHashSet<@Nullable Object>()));
        }
    }

    static final class MapOf extends Serializer<Map<@Nullable Object, @Nullable Object>> {
        @Override
        public void write(Kryo kryo, Output output, Map<@Nullable Object, @Nullable Object> map) {
            output.writeVarInt(map.size(), true);
            map.forEach((key, value) -> {
                kryo.writeClassAndObject(output, key);
                kryo.writeClassAndObject(output, value);
            });
        }

        @Override
        public Map<@Nullable Object, @Nullable Object> read(
                Kryo kryo, Input input, Class<? extends Map<@Nullable Object, @Nullable Object>> type) {
            int count = count(input, 2);
            var map = new LinkedHashMap<@Nullable Object, @Nullable Object>();
            for (int i = 0; i < count; i++) {
                map.put(kryo.readClassAndObject(input), kryo.readClassAndObject(input));
            }
            return Collections.unmodifiableMap(map);
        }
    }

    private static void writeAll(Kryo kryo, Output output, Collection<@Nullable Object> elements) {
        output.writeVarInt(elements.size(), true);
        elements.forEach(element -> kryo.writeClassAndObject(output, element));
    }

    private static <C extends Collection<@Nullable Object>> C readAll(Kryo kryo, Input input, C elements) {
        int count = count(input, 1);
        for (int i = 0; i < count; i++) {
            elements.add(kryo.readClassAndObject(input));
        }
        return elements;
    }

    /** A typed actor reference in Pekko's own text form, which names its node. */
    static final class Reference extends Serializer<ActorRef<?>> {
        private final Supplier<ActorRefResolver> resolver;

        Reference(Supplier<ActorRefResolver> resolver) {
            setImmutable(true);
            this.resolver = resolver;
        }

        @Override
        public void write(Kryo kryo, Output output, ActorRef<?> reference) {
            new Text().write(kryo, output, resolver.get().toSerializationFormat(reference));
        }

        @Override
        public ActorRef<?> read(Kryo kryo, Input input, Class<? extends ActorRef<?>> type) {
            return resolver.get().resolveActorRef(new Text().read(kryo, input, String.class));
        }
    }
}
