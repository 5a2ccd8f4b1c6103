package dev.sampo.http.route;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** One request that has found its endpoint: its parameters, checked as they are taken, and its body. */
public final class Call {
    private static final int MAX_PAGE_SIZE = 1000;
    private static final int DEFAULT_PAGE_SIZE = 100;
    /** Up to this many times its limit a body is read. */
    private static final int READ_ON = 4;

    private final HttpRequest request;
    private final Map<String, String> path;
    private final Map<String, String> query;
    private final String contentType;
    private final String accepted;
    private final ClassicActorSystemProvider system;
    private final HttpLimits limits;

    Call(
            HttpRequest request, Map<String, String> path, Map<String, String> query, String contentType,
            String accepted, ClassicActorSystemProvider system, HttpLimits limits) {
        this.request = request;
        this.path = path;
        this.query = query;
        this.contentType = contentType;
        this.accepted = accepted;
        this.system = system;
        this.limits = limits;
    }

    /** A segment of the path. */
    public String path(String name) {
        String value = path.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the path has no {" + name + "}");
        }
        return value;
    }

    /** A segment of the path that is a number of 0 or more. */
    public int pathNumber(String name) {
        return (int) number(name, path(name), 0, Integer.MAX_VALUE);
    }

    /** A query parameter, null when it is not given. */
    public @Nullable String query(String name) {
        return query.get(name);
    }

    /** A query parameter, {@code otherwise} when it is not given. */
    public long queryNumber(String name, long otherwise, long min, long max) {
        String value = query.get(name);
        return value == null ? otherwise : number(name, value, min, max);
    }

    /** A query parameter that is true or false; false when it is not given. */
    public boolean flag(String name) {
        String value = query.get(name);
        return switch (value) {
            case null -> false;
            case "true", "" -> true;
            case "false" -> false;
            default -> throw Problem.invalid(name, "\"" + value + "\" is neither true nor false.");
        };
    }

    /** {@code dry_run}. */
    public boolean dryRun() {
        return flag("dry_run");
    }

    /** {@code page_size}. */
    public int pageSize() {
        return (int) queryNumber("page_size", DEFAULT_PAGE_SIZE, 1, MAX_PAGE_SIZE);
    }

    /** The name after which the page begins, null for the first page. */
    public @Nullable String pageToken() {
        String token = query.get("page_token");
        return token == null ? null : PageToken.decode(token);
    }

    /** A header, null when it is not given. */
    public @Nullable String header(String name) {
        return request.getHeader(name).map(header -> header.value()).orElse(null);
    }

    /** Content type of the body, one that the endpoint takes; empty when it takes none. */
    public String contentType() {
        return contentType;
    }

    /** Content type that the client likes best of those that the endpoint produces. */
    public String accepted() {
        return accepted;
    }

    /**
     * The whole body, at most of the configured size. One that is somewhat larger is read to its end and thrown away: a client
     * that is still sending when the connection closes never sees the answer.
     */
    public CompletionStage<byte[]> body() {
        Duration timeout = limits.bodyTimeout();
        long limit = limits.maxBodyBytes();
        return request.entity()
                .withSizeLimit(READ_ON * limit)
                .getDataBytes()
                .completionTimeout(timeout)
                .runFold(new BoundedBody(limit), BoundedBody::add, system)
                .handle((body, failure) -> {
                    if (failure == null) {
                        return body.bytes().orElseThrow(this::tooLarge);
                    }
                    Throwable cause = failure instanceof CompletionException && failure.getCause() != null
                            ? failure.getCause()
                            : failure;
                    throw switch (cause) {
                        case EntityStreamSizeException _ -> tooLarge();
                        case TimeoutException _ -> Problem.of(
                                        408, "body-too-slow", "The body came in too slowly",
                                        "The body must be whole within " + timeout.toSeconds() + " s.")
                                .exception();
                        default -> Problem.of(
                                        400, "body-incomplete", "The body did not arrive whole",
                                        String.valueOf(cause.getMessage()))
                                .exception();
                    };
                });
    }

    private ProblemException tooLarge() {
        return Problem.of(
                        413, "body-too-large", "The body is too large",
                        "At most " + limits.maxBodyBytes() + " bytes are taken (sampo.http.max-body). Send records in "
                                + "several requests, or as application/x-ndjson.")
                .exception();
    }

    /** The body as a record. */
    public <T> CompletionStage<T> json(Class<T> type) {
        return body().thenApply(bytes -> Json.read(bytes, type));
    }

    /** The body as it comes, without a limit of size. */
    public Source<ByteString, Object> stream() {
        return request.entity().withoutSizeLimit().getDataBytes();
    }

    private static long number(String name, String value, long min, long max) {
        try {
            long number = Long.parseLong(value);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw Problem.invalid(name, "\"" + value + "\" is no whole number from " + min + " to " + max + ".");
    }

    /** Opaque to clients: the last name of the page before. */
    static final class PageToken {
        private PageToken() {}

        static String encode(String lastName) {
            return java.util.Base64.getUrlEncoder().withoutPadding()
                    .encodeToString(lastName.getBytes(StandardCharsets.UTF_8));
        }

        static String decode(String token) {
            try {
                return new String(java.util.Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
            } catch (IllegalArgumentException e) {
                throw Problem.invalid("page_token", "This is no page token: take next_page_token of an answer.");
            }
        }
    }

    /** Token of the page after {@code entries}, null when they are the last: {@code more} says whether there are others. */
    public static @Nullable String nextPageToken(List<String> names, boolean more) {
        return more && !names.isEmpty() ? PageToken.encode(names.getLast()) : null;
    }
}
