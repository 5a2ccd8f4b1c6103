package dev.sampo.actors.serialization;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.Registration;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.util.DefaultClassResolver;
import com.typesafe.config.Config;
import java.io.NotSerializableException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.ByteBufferSerializer;
import org.apache.pekko.serialization.SerializerWithStringManifest;
import org.jspecify.annotations.Nullable;
import scala.Tuple2;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag;

/**
 * Messages and events by Kryo: only registered classes, by id; records that may grow ({@link
 * EvolvingRecordSerializer}); bytes from anywhere: the worst that they can cause is a {@link
 * NotSerializableException}. Thread-safe.
 */
public final class KryoSerializer extends SerializerWithStringManifest implements ByteBufferSerializer {
    /** In each message that Pekko sends and each event in a journal: never another. */
    public static final int IDENTIFIER = 70001;

    private static final String MANIFEST = "k1";
    private static final int MAX_DEPTH = 64;
    private static final int LIST_ID = 20;
    private static final int SET_ID = 21;
    private static final int MAP_ID = 22;

    private final ExtendedActorSystem system;
    private final KryoRegistrations registrations = new KryoRegistrations();
    private final ThreadLocal<Kryo> kryo = ThreadLocal.withInitial(this::newKryo); // Kryo is not thread-safe

    /** Made by Pekko. */
    public KryoSerializer(ExtendedActorSystem system) {
        this.system = system;
        Config config = system.settings().config();
        config.getObject("sampo.serialization.registrars")
                .forEach((module, name) -> registrar(module, name.unwrapped()).register(registrations));
    }

    private KryoRegistrar registrar(String module, Object className) {
        var made = system.dynamicAccess().<KryoRegistrar>createInstanceFor(
                className.toString(), CollectionConverters.asScala(List.<Tuple2<Class<?>, Object>>of()).toSeq(),
                ClassTag.apply(KryoRegistrar.class));
        if (made.isFailure()) {
            throw new IllegalArgumentException("sampo.serialization.registrars." + module + " = " + className
                    + " is no KryoRegistrar with a constructor without parameters", made.failed().get());
        }
        return made.get();
    }

    /** All classes that this actor system can read. */
    public KryoRegistrations registrations() {
        return registrations;
    }

    @Override
    public int identifier() {
        return IDENTIFIER;
    }

    @Override
    public String manifest(Object message) {
        return MANIFEST;
    }

    @Override
    public byte[] toBinary(Object message) {
        try (var output = new Output(512, -1)) {
            kryo.get().writeClassAndObject(output, message);
            return output.toBytes();
        }
    }

    @Override
    public void toBinary(Object message, ByteBuffer target) {
        target.put(toBinary(message));
    }

    @Override
    public Object fromBinary(ByteBuffer source, String manifest) throws NotSerializableException {
        var bytes = new byte[source.remaining()];
        source.get(bytes);
        return fromBinary(bytes, manifest);
    }

    @Override
    public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
        if (!MANIFEST.equals(manifest)) {
            throw new NotSerializableException("manifest '" + manifest + "', this release reads '" + MANIFEST + "'");
        }
        try (var input = new Input(bytes)) {
            Object message = kryo.get().readClassAndObject(input);
            if (message == null || input.position() != bytes.length) {
                throw new NotSerializableException(bytes.length + " bytes, of which " + input.position() + " make "
                        + (message == null ? "nothing" : message.getClass().getName()));
            }
            return message;
        } catch (RuntimeException e) { // whatever hostile bytes bring about in a constructor is the bytes' fault
            var refused = new NotSerializableException("the bytes make no message: " + e.getMessage());
            refused.initCause(e);
            throw refused;
        }
    }

    private Kryo newKryo() {
        var made = new Kryo(new ByKind(), null);
        made.setRegistrationRequired(true);
        made.setReferences(false);
        made.setMaxDepth(MAX_DEPTH);
        made.register(String.class, new ValueSerializers.Text());
        made.register(byte[].class, new ValueSerializers.Bytes(), 10);
        made.register(Uuid.class, new ValueSerializers.KafkaUuid(), 11);
        made.register(ActorRef.class, new ValueSerializers.Reference(
                () -> ActorRefResolver.get(Adapter.toTyped(system))), 12);
        made.register(List.class, new ValueSerializers.Listed(), LIST_ID);
        made.register(Set.class, new ValueSerializers.SetOf(), SET_ID);
        made.register(Map.class, new ValueSerializers.MapOf(), MAP_ID);
        registrations.byId().forEach((id, registration) ->
                made.register(registration.type(), serializer(registration), id));
        return made;
    }

    private static Serializer<?> serializer(KryoRegistrations.Registration registration) {
        return switch (registration) {
            case KryoRegistrations.RecordType(var type) -> new EvolvingRecordSerializer<>(type);
            case KryoRegistrations.EnumType<?> type -> byCode(type);
        };
    }

    private static <E extends Enum<E>> Serializer<E> byCode(KryoRegistrations.EnumType<E> registration) {
        return new ValueSerializers.EnumByCode<>(registration.type(), registration.code());
    }

    /** Finds the registration of an interface for the private classes behind it: any list is a {@code List}. */
    private static final class ByKind extends DefaultClassResolver {
        @Override
        @SuppressWarnings("rawtypes") // as Kryo declares it
        public @Nullable Registration getRegistration(Class type) {
            Registration exact = super.getRegistration(type);
            if (exact != null) {
                return exact;
            }
            Class<?> kind = kind(type);
            return kind == null ? null : super.getRegistration(kind);
        }

        /** A class by name: never written here, so the bytes are hostile or foreign. No class is loaded. */
        @Override
        protected Registration readName(Input input) {
            throw new KryoException("a class by name instead of its id");
        }

        private static @Nullable Class<?> kind(Class<?> type) {
            if (List.class.isAssignableFrom(type)) {
                return List.class;
            } else if (Set.class.isAssignableFrom(type)) {
                return Set.class;
            } else if (Map.class.isAssignableFrom(type)) {
                return Map.class;
            } else if (ActorRef.class.isAssignableFrom(type)) {
                return ActorRef.class;
            }
            return type.isEnum() || !Enum.class.isAssignableFrom(type) ? null : type.getSuperclass();
        }
    }
}
