package dev.sampo.kafka.handler;

import org.jspecify.annotations.Nullable;

/** Texts of responses that quote what a client sent: a name of 32 kB is a valid request, and its refusal must be sendable. */
final class ErrorMessages {
    /** UTF-8 needs at most three bytes for each, and a field holds 32,767 bytes. */
    private static final int MAX_CHARS = 10_000;

    private static final String CUT = "...";

    private ErrorMessages() {}

    /** The text, cut to what a string field can hold; null stays null. */
    static @Nullable String fitting(@Nullable String text) {
        if (text == null || text.length() <= MAX_CHARS) {
            return text;
        }
        int end = MAX_CHARS - CUT.length();
        return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end) + CUT;
    }
}
