package dev.sampo.http.route;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/** One operation: method and path, how it is documented, and what serves it. The OpenAPI document is made of these. */
public final class Endpoint {
    /** JSON answers. */
    public static final String JSON = "application/json";
    /** One JSON value for each line. */
    public static final String NDJSON = "application/x-ndjson";
    /** Bytes. */
    public static final String BINARY = "application/octet-stream";
    /** Server-sent events. */
    public static final String EVENTS = "text/event-stream";

    private static final String DRY_RUN = "dry_run";

    /** Serves a call; throws or fails with {@link ProblemException} to refuse it. */
    @FunctionalInterface
    public interface Handler {
        /** The answer. */
        CompletionStage<HttpResponse> handle(Call call);
    }

    private final String method;
    private final String path;
    private final List<String> segments;
    private final String summary;
    private final List<Param> params = new ArrayList<>();
    private final Map<Integer, @Nullable Class<?>> answers = new LinkedHashMap<>();
    private final List<String> produces = new ArrayList<>();
    private final Map<String, @Nullable Class<?>> consumes = new LinkedHashMap<>();
    private boolean open;
    private @Nullable Handler handler;

    private Endpoint(String method, String path, String summary) {
        this.method = method;
        this.path = path;
        this.summary = summary;
        this.segments = List.of(path.substring(1).split("/", -1));
        for (String segment : segments) {
            if (segment.startsWith("{")) {
                String name = segment.substring(1, segment.length() - 1);
                boolean number = name.equals("partition") || name.equals("broker");
                params.add(new Param(name, Param.Place.PATH, number ? "integer" : "string", true, "The " + name + ".", List.of()));
            }
        }
    }

    /** {@code path} is absolute; {@code {name}} stands for one segment. {@code summary} is one sentence. */
    public static Endpoint of(String method, String path, String summary) {
        return new Endpoint(method, path, summary);
    }

    /** Takes a query parameter; {@code values} are all that is allowed, none for no such list. */
    public Endpoint query(String name, String type, String description, String... values) {
        params.add(new Param(name, Param.Place.QUERY, type, false, description, List.of(values)));
        return this;
    }

    /** Needs a query parameter. */
    public Endpoint required(String name, String type, String description) {
        params.add(new Param(name, Param.Place.QUERY, type, true, description, List.of()));
        return this;
    }

    /** Looks at a header. */
    public Endpoint header(String name, String description) {
        params.add(new Param(name, Param.Place.HEADER, "string", false, description, List.of()));
        return this;
    }

    /** Takes {@code page_size} and {@code page_token}. */
    public Endpoint paged() {
        return query("page_size", "integer", "Most entries of one answer, 1 to 1000; default 100.")
                .query("page_token", "string", "Where to go on: next_page_token of the answer before.");
    }

    /** Takes {@code dry_run}. */
    public Endpoint dryRun() {
        return query(DRY_RUN, "boolean", "true: check and answer as usual, but change nothing.", "true", "false");
    }

    /** Takes a body of this content type; {@code body} null for bytes of no schema. */
    public Endpoint takes(String contentType, @Nullable Class<?> body) {
        consumes.put(contentType, body);
        return this;
    }

    /** Answers with this status; {@code body} null for one of no schema. The first is the usual one. */
    public Endpoint answers(int status, @Nullable Class<?> body, String... contentTypes) {
        answers.put(status, body);
        for (String type : contentTypes.length == 0 ? new String[] {JSON} : contentTypes) {
            if (!produces.contains(type)) {
                produces.add(type);
            }
        }
        return this;
    }

    /** Needs no token. */
    public Endpoint open() {
        open = true;
        return this;
    }

    /** What serves it; the last of the calls that make an endpoint. */
    public Endpoint handle(Handler served) {
        handler = served;
        return this;
    }

    /** GET, POST, ... */
    public String method() {
        return method;
    }

    /** With {@code {name}} in it. */
    public String path() {
        return path;
    }

    /** One sentence. */
    public String summary() {
        return summary;
    }

    /** Of path, query and headers. */
    public List<Param> params() {
        return params;
    }

    /** By status; null for a body without a schema. */
    public Map<Integer, @Nullable Class<?>> answers() {
        return answers;
    }

    /** Content types of answers that are no problems. */
    public List<String> produces() {
        return produces;
    }

    /** Content types of bodies; empty when none is taken. */
    public Map<String, @Nullable Class<?>> consumes() {
        return consumes;
    }

    /** True when it needs no token. */
    public boolean isOpen() {
        return open;
    }

    Handler handler() {
        if (handler == null) {
            throw new IllegalStateException(method + " " + path + " has no handler");
        }
        return handler;
    }

    /** The values of {@code {name}} segments, null when the path is another one. */
    @Nullable Map<String, String> match(List<String> asked) {
        if (asked.size() != segments.size()) {
            return null;
        }
        var values = new LinkedHashMap<String, String>();
        for (int i = 0; i < segments.size(); i++) {
            String segment = segments.get(i);
            if (segment.startsWith("{")) {
                if (asked.get(i).isEmpty()) {
                    return null;
                }
                values.put(segment.substring(1, segment.length() - 1), asked.get(i));
            } else if (!segment.equals(asked.get(i))) {
                return null;
            }
        }
        return values;
    }

    @Override
    public String toString() {
        return method + " " + path + " " + Arrays.toString(produces.toArray());
    }
}
