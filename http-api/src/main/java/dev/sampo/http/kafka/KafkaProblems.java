package dev.sampo.http.kafka;

import dev.sampo.http.route.Problem;
import dev.sampo.http.route.ProblemException;
import dev.sampo.kafka.codec.SlicesInMemory;
import dev.sampo.kafka.local.BusyException;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** Kafka's errors as problems: {@code urn:sampo:problem:} and the error's name, the status by its kind. */
public final class KafkaProblems {
    private KafkaProblems() {}

    /** Throws when {@code code} is an error. {@code message} is the broker's text, null without one. */
    public static void check(short code, @Nullable String message) {
        if (code != Errors.NONE.code()) {
            throw exception(code, message);
        }
    }

    /** The error as an exception. */
    public static ProblemException exception(short code, @Nullable String message) {
        return of(Errors.forCode(code), message).exception();
    }

    /** The error as a problem. */
    public static Problem of(Errors error, @Nullable String message) {
        String detail = message == null || message.isEmpty() ? error.message() : message;
        boolean retriable = error.exception() instanceof RetriableException;
        String name = error.name().toLowerCase(Locale.ROOT).replace('_', '-');
        return new Problem(
                Problem.TYPE_PREFIX + name, error.name().replace('_', ' ').toLowerCase(Locale.ROOT), status(error), detail,
                null, (int) error.code(), error.name(), retriable, null);
    }

    /** What a request to the broker failed with; null when nobody expected it. */
    public static @Nullable Problem of(Throwable failure) {
        return switch (failure) {
            case ProblemException known -> known.problem();
            case TimeoutException late -> of(
                    Errors.REQUEST_TIMED_OUT, "The broker did not answer in time; a change may have been made or not.");
            case BusyException busy -> Problem.of(
                            429, "too-many-requests", "Too many requests",
                            "The broker has sampo.http.max-requests requests to serve already; try again.")
                    .retriable(true);
            case SlicesInMemory.TooLargeException large -> Problem.of(
                    413, "records-too-large", "The records are too large for one answer",
                    "The batch has more bytes than sampo.http.max-fetch allows: " + large.getMessage() + ".");
            case ApiException kafka -> of(Errors.forException(kafka), kafka.getMessage());
            default -> null;
        };
    }

    private static int status(Errors error) {
        return switch (error) {
            case UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID, GROUP_ID_NOT_FOUND, RESOURCE_NOT_FOUND,
                    TRANSACTIONAL_ID_NOT_FOUND, LOG_DIR_NOT_FOUND, BROKER_ID_NOT_REGISTERED -> 404;
            case TOPIC_ALREADY_EXISTS, NON_EMPTY_GROUP, GROUP_SUBSCRIBED_TO_TOPIC, REASSIGNMENT_IN_PROGRESS,
                    REBALANCE_IN_PROGRESS, UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, DUPLICATE_RESOURCE -> 409;
            case MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE, OFFSET_METADATA_TOO_LARGE -> 413;
            case TOPIC_AUTHORIZATION_FAILED, GROUP_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED,
                    TRANSACTIONAL_ID_AUTHORIZATION_FAILED, TOPIC_DELETION_DISABLED, POLICY_VIOLATION -> 403;
            case NOT_LEADER_OR_FOLLOWER, NOT_COORDINATOR, NOT_CONTROLLER -> 421;
            case THROTTLING_QUOTA_EXCEEDED -> 429;
            case REQUEST_TIMED_OUT -> 504;
            case LEADER_NOT_AVAILABLE, REPLICA_NOT_AVAILABLE, BROKER_NOT_AVAILABLE, COORDINATOR_NOT_AVAILABLE,
                    COORDINATOR_LOAD_IN_PROGRESS, NOT_ENOUGH_REPLICAS, NOT_ENOUGH_REPLICAS_AFTER_APPEND,
                    KAFKA_STORAGE_ERROR, OFFSET_NOT_AVAILABLE, NETWORK_EXCEPTION -> 503;
            case UNKNOWN_SERVER_ERROR -> 500;
            default -> 400;
        };
    }
}
