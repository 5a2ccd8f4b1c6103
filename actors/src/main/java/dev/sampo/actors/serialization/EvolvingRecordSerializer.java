package dev.sampo.actors.serialization;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import org.jspecify.annotations.Nullable;

/**
 * A record, such that one with more components can be read by a release that knows fewer, and the other way round.
 * Components may only be appended: never taken out, moved or given another type.
 *
 * <pre>
 * varint number of components, then for each, in the order of the declaration:
 *   varint length, that many bytes: a primitive as Kryo writes it, anything else as class id and object
 * </pre>
 *
 * <p>A component that is missing is 0, false or null; the canonical constructor may put a default there.
 */
final class EvolvingRecordSerializer<R> extends Serializer<R> {
    private static final int MAX_COMPONENTS = 256;

    private final Class<R> type;
    private final Constructor<R> constructor;
    private final Class<?>[] types;
    private final Method[] accessors;

    EvolvingRecordSerializer(Class<R> type) {
        setImmutable(true);
        this.type = type;
        RecordComponent[] components = type.getRecordComponents();
        types = new Class<?>[components.length];
        accessors = new Method[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            accessors[i] = components[i].getAccessor();
            accessors[i].setAccessible(true);
        }
        try {
            constructor = type.getDeclaredConstructor(types);
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException(type.getName() + " has no canonical constructor", e);
        }
        constructor.setAccessible(true);
    }

    @Override
    public void write(Kryo kryo, Output output, R record) {
        output.writeVarInt(types.length, true);
        try (var chunk = new Output(64, -1)) {
            for (int i = 0; i < types.length; i++) {
                chunk.reset();
                writeComponent(kryo, chunk, types[i], component(record, i));
                output.writeVarInt(chunk.position(), true);
                output.writeBytes(chunk.getBuffer(), 0, chunk.position());
            }
        }
    }

    private @Nullable Object component(R record, int i) {
        try {
            return accessors[i].invoke(record);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new KryoException("component " + accessors[i].getName() + " of " + type.getName(), e);
        }
    }

    private static void writeComponent(Kryo kryo, Output output, Class<?> type, @Nullable Object value) {
        if (!type.isPrimitive()) {
            kryo.writeClassAndObject(output, value);
            return;
        }
        switch (value) {
            case Integer number -> output.writeVarInt(number, false);
            case Long number -> output.writeVarLong(number, false);
            case Short number -> output.writeShort(number);
            case Byte number -> output.writeByte(number);
            case Boolean bool -> output.writeBoolean(bool);
            case Double number -> output.writeDouble(number);
            case Float number -> output.writeFloat(number);
            case Character character -> output.writeChar(character);
            case null, default -> throw new KryoException("a primitive of " + type);
        }
    }

    @Override
    public R read(Kryo kryo, Input input, Class<? extends R> unused) {
        int written = input.readVarInt(true);
        if (written < 0 || written > MAX_COMPONENTS) {
            throw new KryoException(type.getName() + " of " + written + " components");
        }
        var values = new @Nullable Object[types.length];
        int limit = input.limit();
        for (int i = 0; i < written; i++) {
            int length = input.readVarInt(true);
            if (length < 0 || length > limit - input.position()) {
                throw new KryoException("component " + i + " of " + type.getName() + " says " + length + " bytes, "
                        + (limit - input.position()) + " are left");
            }
            int end = input.position() + length;
            if (i < types.length) {
                input.setLimit(end);
                values[i] = readComponent(kryo, input, types[i]);
                input.setLimit(limit);
            }
            input.setPosition(end);
        }
        for (int i = written; i < types.length; i++) {
            values[i] = missing(types[i]);
        }
        try {
            return constructor.newInstance(values);
        } catch (InstantiationException | IllegalAccessException | InvocationTargetException
                | IllegalArgumentException e) {
            throw new KryoException("the bytes make no " + type.getName(), e);
        }
    }

    private static @Nullable Object readComponent(Kryo kryo, Input input, Class<?> type) {
        if (type == int.class) {
            return input.readVarInt(false);
        } else if (type == long.class) {
            return input.readVarLong(false);
        } else if (type == short.class) {
            return input.readShort();
        } else if (type == byte.class) {
            return input.readByte();
        } else if (type == boolean.class) {
            return input.readBoolean();
        } else if (type == double.class) {
            return input.readDouble();
        } else if (type == float.class) {
            return input.readFloat();
        } else if (type == char.class) {
            return input.readChar();
        }
        return kryo.readClassAndObject(input);
    }

    private static @Nullable Object missing(Class<?> type) {
        return type.isPrimitive() ? Array.get(Array.newInstance(type, 1), 0) : null;
    }
}
