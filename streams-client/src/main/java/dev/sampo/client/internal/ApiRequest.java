package dev.sampo.client.internal;

import java.util.function.Function;
import java.util.function.IntFunction;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * One request and how to read its answer. The version is picked when it is written: the highest one that both sides
 * know within {@code minVersion} and {@code maxVersion}.
 *
 * @param body called once with the version picked, on the connection's thread: return without waiting; the message
 *     must not be changed afterwards
 * @param timeoutMs longest time from writing to the answer; when it is over the connection is closed, since answers
 *     are ordered
 * @param answered false when the broker never answers (Produce with acks=0); the stage then completes with an empty
 *     response as soon as the request is handed to the socket
 */
public record ApiRequest<T extends ApiMessage>(
        ApiKeys key,
        short minVersion,
        short maxVersion,
        IntFunction<? extends ApiMessage> body,
        Function<ApiMessage, T> cast,
        long timeoutMs,
        boolean answered) {

    /** A request whose body depends on the version. */
    public static <T extends ApiMessage> ApiRequest<T> of(
            ApiKeys key, Class<T> response, long timeoutMs, IntFunction<? extends ApiMessage> body) {
        return new ApiRequest<>(
                key, key.oldestVersion(), key.latestVersion(false), body, response::cast, timeoutMs, true);
    }

    /** A request whose body is the same in all versions. */
    public static <T extends ApiMessage> ApiRequest<T> of(
            ApiKeys key, Class<T> response, long timeoutMs, ApiMessage body) {
        return of(key, response, timeoutMs, version -> body);
    }

    /** The same with a highest version. */
    public ApiRequest<T> atMost(int version) {
        return new ApiRequest<>(key, minVersion, (short) Math.min(version, maxVersion), body, cast, timeoutMs, answered);
    }

    /** The same with a lowest version; a broker that knows only older ones fails it with UnsupportedVersionException. */
    public ApiRequest<T> atLeast(int version) {
        return new ApiRequest<>(key, (short) Math.max(version, minVersion), maxVersion, body, cast, timeoutMs, answered);
    }

    /** The same without an answer. */
    public ApiRequest<T> unanswered() {
        return new ApiRequest<>(key, minVersion, maxVersion, body, cast, timeoutMs, false);
    }
}
