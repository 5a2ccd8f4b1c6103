package dev.sampo.tests.chaos.history;

import java.util.Optional;

/**
 * A value that exists once: who wrote it, where to, and as the how-manieth of this writer in this partition.
 *
 * @param writer one producer session
 */
public record Value(int writer, int partition, int sequence) {
    /** The record's value, padded to about a hundred bytes. */
    public String text() {
        return writer + "/" + partition + "/" + sequence + "/" + "x".repeat(80);
    }

    /** Empty when this is no text of {@link #text}. */
    public static Optional<Value> parse(String text) {
        String[] part = text.split("/", -1);
        try {
            var value = new Value(Integer.parseInt(part[0]), Integer.parseInt(part[1]), Integer.parseInt(part[2]));
            return value.text().equals(text) ? Optional.of(value) : Optional.empty();
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            return Optional.empty();
        }
    }

    @Override
    public String toString() {
        return writer + "/" + partition + "/" + sequence;
    }
}
