package dev.sampo.http.route;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/** What went wrong, as {@code application/problem+json} (RFC 9457). Absent fields are left out. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Problem(
        @Doc("Names the kind of problem; stable. urn:sampo:problem:NAME") String type,
        @Doc("The kind of problem in words.") String title,
        @Doc("The HTTP status.") int status,
        @Doc("What is wrong this time, and the remedy.") @Nullable String detail,
        @Doc("The path that was asked for.") @Nullable String instance,
        @Doc("Kafka's error code, where a Kafka request was refused.") @Nullable Integer kafkaErrorCode,
        @Doc("Kafka's name of the error.") @Nullable String kafkaErrorName,
        @Doc("True when the same request may succeed later.") @Nullable Boolean retriable,
        @Doc("The parameter or field that is at fault.") @Nullable String field) {
    /** Before the name of each type. */
    public static final String TYPE_PREFIX = "urn:sampo:problem:";

    /** A problem of the request itself. */
    public static Problem of(int status, String name, String title, String detail) {
        return new Problem(TYPE_PREFIX + name, title, status, detail, null, null, null, null, null);
    }

    /** Blames one parameter or field. */
    public Problem at(String fault) {
        return new Problem(type, title, status, detail, instance, kafkaErrorCode, kafkaErrorName, retriable, fault);
    }

    /** For this path. */
    public Problem in(String path) {
        return new Problem(type, title, status, detail, path, kafkaErrorCode, kafkaErrorName, retriable, field);
    }

    /** With another text. */
    public Problem because(String text) {
        return new Problem(type, title, status, text, instance, kafkaErrorCode, kafkaErrorName, retriable, field);
    }

    /** Whether it is worth another try. */
    public Problem retriable(boolean again) {
        return new Problem(type, title, status, detail, instance, kafkaErrorCode, kafkaErrorName, again, field);
    }

    /** To be thrown. */
    public ProblemException exception() {
        return new ProblemException(this);
    }

    /** A parameter or field with a value that cannot be. */
    public static ProblemException invalid(String field, String detail) {
        return of(400, "invalid-value", "A value is not valid", detail).at(field).exception();
    }

    /** A thing in the path that there is not. */
    public static ProblemException notFound(String name, String title, String detail) {
        return of(404, name, title, detail).exception();
    }
}
