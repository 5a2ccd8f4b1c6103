package dev.sampo.tests.hostile;

import dev.sampo.tests.wire.Wire;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.protocol.Message;

/** Makes frames from valid requests: one field changed, cut off, or noise. Equal seeds make equal frames. */
final class Mutator {
    private static final long[] EXTREMES = {-1, -2, 0, 1, 127, 255, 32_767, 65_535, 1 << 20, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE};
    private static final String[] TEXTS = {"", ".", "..", "a/b", "..\\x", "\u0000", "\r\n\u001b[31mred", "\ud83d\ude00", "x".repeat(250), "y".repeat(32_767)};

    private record Place(Object owner, Field field) {}

    private final Random random;
    private final List<ValidRequests.Request> seeds = ValidRequests.all();

    Mutator(long seed) {
        random = new Random(seed);
    }

    /** @return a frame without its length prefix: half with a changed field, three in ten cut off, two in ten noise */
    ByteBuffer next() {
        int dice = random.nextInt(10);
        if (dice < 2) {
            var noise = new byte[random.nextInt(300)];
            random.nextBytes(noise);
            return ByteBuffer.wrap(noise);
        }
        ByteBuffer whole = valid();
        if (dice < 5) {
            return whole.limit(random.nextInt(whole.limit()));
        }
        return random.nextBoolean() ? fieldChanged() : bytesChanged(whole);
    }

    /** A request as it should be. */
    ByteBuffer valid() {
        var seed = seeds.get(random.nextInt(seeds.size()));
        return Wire.request(seed.body(), seed.version(), random.nextInt(), "seed");
    }

    /** An extreme value in one field of the message; where the encoder refuses it, the encoded bytes are changed instead. */
    private ByteBuffer fieldChanged() {
        var seed = seeds.get(random.nextInt(seeds.size()));
        var copy = (org.apache.kafka.common.protocol.ApiMessage) seed.body().duplicate();
        var places = new ArrayList<Place>();
        collect(copy, places);
        try {
            change(places.get(random.nextInt(places.size())));
            return Wire.request(copy, seed.version(), random.nextInt(), random.nextBoolean() ? "seed" : TEXTS[random.nextInt(TEXTS.length)]);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        } catch (RuntimeException refused) {
            return bytesChanged(Wire.request(seed.body(), seed.version(), random.nextInt(), "seed"));
        }
    }

    private static void collect(Object message, List<Place> places) {
        for (Field field : message.getClass().getDeclaredFields()) {
            if (Modifier.isStatic(field.getModifiers()) || field.getName().startsWith("_")) {
                continue;
            }
            field.setAccessible(true);
            Class<?> type = field.getType();
            if (type.isPrimitive() && type != int.class || type == String.class || type == int.class && !List.of("prev", "next").contains(field.getName())) {
                places.add(new Place(message, field));
            } else if (Collection.class.isAssignableFrom(type)) {
                places.add(new Place(message, field));
                collectElements(message, field, places);
            }
        }
    }

    private static void collectElements(Object message, Field field, List<Place> places) {
        try {
            if (field.get(message) instanceof Collection<?> collection) {
                collection.stream().filter(Message.class::isInstance).forEach(element -> collect(element, places));
            }
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    private void change(Place place) throws IllegalAccessException {
        long extreme = EXTREMES[random.nextInt(EXTREMES.length)];
        Field field = place.field;
        switch (field.getType().getName()) {
            case "byte" -> field.setByte(place.owner, (byte) extreme);
            case "short" -> field.setShort(place.owner, (short) extreme);
            case "int" -> field.setInt(place.owner, (int) extreme);
            case "long" -> field.setLong(place.owner, extreme);
            case "boolean" -> field.setBoolean(place.owner, !field.getBoolean(place.owner));
            case "java.lang.String" -> field.set(place.owner, random.nextInt(5) == 0 ? null : TEXTS[random.nextInt(TEXTS.length)]);
            case "java.util.List" -> changeList(place);
            default -> field.set(place.owner, null);
        }
    }

    /** Null, empty, or the same elements many times. */
    private void changeList(Place place) throws IllegalAccessException {
        int how = random.nextInt(3);
        if (how == 2 && place.field.get(place.owner) instanceof List<?> list && !list.isEmpty()) {
            var many = new ArrayList<Object>();
            for (int i = 0; i < 2_000; i++) {
                many.add(list.get(i % list.size()));
            }
            place.field.set(place.owner, many);
        } else {
            place.field.set(place.owner, how == 0 ? null : List.of());
        }
    }

    /** One to eight bytes, anywhere behind the API key, become an extreme number. */
    private ByteBuffer bytesChanged(ByteBuffer frame) {
        int width = 1 << random.nextInt(4);
        if (frame.limit() <= 2 + width) {
            return frame;
        }
        int at = 2 + random.nextInt(frame.limit() - 2 - width);
        long extreme = EXTREMES[random.nextInt(EXTREMES.length)];
        for (int i = 0; i < width; i++) {
            frame.put(at + i, (byte) (extreme >>> 8 * (width - 1 - i)));
        }
        return frame;
    }
}
