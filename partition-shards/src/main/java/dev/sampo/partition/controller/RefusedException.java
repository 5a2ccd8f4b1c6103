package dev.sampo.partition.controller;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller.ItemResult;

/** One item of a command is refused. Stays inside the rules: they turn it into that item's result. */
final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final KafkaError error;

    RefusedException(KafkaError error, String message) {
        super(message, null, false, false);
        this.error = error;
    }

    KafkaError error() {
        return error;
    }

    String text() {
        return String.valueOf(getMessage());
    }

    ItemResult result() {
        return new ItemResult(error, text());
    }
}
