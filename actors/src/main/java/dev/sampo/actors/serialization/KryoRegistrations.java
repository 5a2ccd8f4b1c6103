package dev.sampo.actors.serialization;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The classes that may be read and written, each with a fixed id from {@value #FIRST_ID} on; lower ones are Kryo's and
 * this module's. Ranges: 100-199 actors, 200-399 partition-shards, 400-599 consumer-group-actors, 600-699
 * kafka-listener, 700-799 http-api, 800-899 cluster-config.
 */
public final class KryoRegistrations {
    /** The lowest id of a registrar. */
    public static final int FIRST_ID = 100;

    /** The highest id. */
    public static final int LAST_ID = 9_999;

    /** Of one class. {@code names} is empty unless it is an enum. */
    sealed interface Registration {
        Class<?> type();
    }

    record RecordType(Class<? extends Record> type) implements Registration {}

    record EnumType<E extends Enum<E>>(Class<E> type, Function<E, Integer> code) implements Registration {}

    private final TreeMap<Integer, Registration> byId = new TreeMap<>();
    private final Map<Class<?>, Integer> ids = new HashMap<>();

    /** A record: its components may only ever be appended to. */
    public KryoRegistrations addRecord(int id, Class<? extends Record> type) {
        return add(id, new RecordType(type));
    }

    /** An enum by a code that never changes for a constant; an unknown code is refused when read. */
    public <E extends Enum<E>> KryoRegistrations addEnum(int id, Class<E> type, Function<E, Integer> code) {
        return add(id, new EnumType<>(type, code));
    }

    private KryoRegistrations add(int id, Registration registration) {
        if (id < FIRST_ID || id > LAST_ID) {
            throw new IllegalArgumentException("serialization id " + id + " of " + registration.type().getName()
                    + " is not within " + FIRST_ID + " and " + LAST_ID);
        }
        Registration other = byId.putIfAbsent(id, registration);
        if (other != null) {
            throw new IllegalArgumentException("serialization id " + id + " is given to " + other.type().getName()
                    + " and to " + registration.type().getName());
        }
        Integer otherId = ids.putIfAbsent(registration.type(), id);
        if (otherId != null) {
            throw new IllegalArgumentException(
                    registration.type().getName() + " has the serialization ids " + otherId + " and " + id);
        }
        return this;
    }

    /** Class by id, ascending: what a test of all classes goes through. */
    public Map<Integer, Class<?>> classes() {
        var classes = new TreeMap<Integer, Class<?>>();
        byId.forEach((id, registration) -> classes.put(id, registration.type()));
        return Collections.unmodifiableMap(classes);
    }

    Map<Integer, Registration> byId() {
        return Collections.unmodifiableMap(byId);
    }
}
