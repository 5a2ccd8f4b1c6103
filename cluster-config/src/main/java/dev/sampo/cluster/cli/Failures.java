package dev.sampo.cluster.cli;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

import static java.util.Objects.requireNonNull;

/** What the brokers and Kafka's clients refuse, in this command line's words. */
final class Failures {
    private Failures() {}

    /**
     * The future's value.
     *
     * @param subject what was asked for, as in "topic orders"
     * @throws CliException for every failure of the future
     */
    static <T> T await(@Nullable Future<T> future, String subject) {
        try {
            requireNonNull(future, "a result that was not asked for");
            return future.get();
        } catch (ExecutionException e) {
            throw of(e.getCause() == null ? e : e.getCause(), subject);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CliException.failed(subject + ": interrupted");
        }
    }

    /** In this command line's words. An error that is none of Kafka's is a mistake in the program and goes on. */
    static CliException of(Throwable failure, String subject) {
        if (failure instanceof CliException told) {
            return told;
        }
        if (failure instanceof InterruptException) {
            return CliException.failed(subject + ": interrupted");
        }
        if (!(failure instanceof KafkaException)) {
            throw new IllegalStateException(subject, failure);
        }
        if (failure instanceof TimeoutException) {
            return new CliException(
                    ExitCode.TIMEOUT, "REQUEST_TIMED_OUT", subject + ": no answer in time", failure.getMessage(),
                    "sampo cluster why; a longer --timeout; or look whether the brokers' advertised.listeners can be "
                            + "reached from here");
        }
        Errors error = Errors.forException(failure);
        String code = error == Errors.UNKNOWN_SERVER_ERROR ? failure.getClass().getSimpleName() : error.name();
        String why = failure.getMessage();
        if (failure instanceof AuthorizationException) {
            return new CliException(
                    ExitCode.DENIED, code, subject + ": not allowed", why,
                    "ask whoever manages access for this principal, or use other credentials with --config-file");
        }
        if (failure instanceof AuthenticationException) {
            return new CliException(
                    ExitCode.DENIED, code, subject + ": the broker does not know who is asking", why,
                    "put sasl.* or ssl.* settings of a client into a file and name it with --config-file");
        }
        return switch (error) {
            case UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID ->
                new CliException(
                        ExitCode.NOT_FOUND, error.name(), subject + " is not there", null,
                        "sampo topic list shows the topics, sampo topic create makes one");
            case GROUP_ID_NOT_FOUND ->
                new CliException(
                        ExitCode.NOT_FOUND, error.name(), subject + " is not there", null,
                        "sampo group list shows the groups");
            default -> new CliException(ExitCode.FAILED, code, subject + ": refused", why, remedy(error));
        };
    }

    private static @Nullable String remedy(Errors error) {
        return switch (error) {
            case TOPIC_ALREADY_EXISTS -> "--if-not-exists, or another name; sampo topic describe shows the one there";
            case INVALID_TOPIC_EXCEPTION -> "1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-'";
            case INVALID_PARTITIONS -> "a number of partitions above the present one";
            case INVALID_REPLICATION_FACTOR -> "no more replicas than brokers: sampo cluster info counts them";
            case INVALID_CONFIG -> "sampo config get topic/NAME (or broker/ID) lists names and values";
            case NON_EMPTY_GROUP, UNKNOWN_MEMBER_ID, GROUP_SUBSCRIBED_TO_TOPIC, REBALANCE_IN_PROGRESS ->
                "stop the group's members first: sampo group describe lists them";
            case OFFSET_OUT_OF_RANGE -> "an offset between start and end: sampo topic describe shows both";
            case UNSUPPORTED_VERSION -> "this broker does not serve that; sampo help lists what else there is";
            case NOT_ENOUGH_REPLICAS, NOT_ENOUGH_REPLICAS_AFTER_APPEND, LEADER_NOT_AVAILABLE, NOT_LEADER_OR_FOLLOWER ->
                "sampo cluster why";
            case MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE ->
                "smaller records, or a larger max.message.bytes: sampo topic alter-config";
            case POLICY_VIOLATION -> "what the cluster's policy allows";
            default -> null;
        };
    }
}
