package dev.sampo.http.route;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaRange;
import org.apache.pekko.http.javadsl.model.headers.Accept;
import org.apache.pekko.http.javadsl.model.headers.Allow;
import org.apache.pekko.http.javadsl.model.headers.CacheControl;
import org.apache.pekko.http.javadsl.model.headers.CacheDirectives;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.scaladsl.model.IllegalUriException;
import org.apache.pekko.japi.Pair;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All endpoints: finds the one that is asked for, checks what all have in common, turns failures into problems. */
public final class RouteTable {
    private static final Logger log = LoggerFactory.getLogger(RouteTable.class);
    private static final HttpHeader NO_STORE = CacheControl.create(CacheDirectives.NO_STORE);
    private static final HttpHeader NO_SNIFF = RawHeader.create("X-Content-Type-Options", "nosniff");

    private final List<Endpoint> endpoints;
    private final Guard guard;
    private final HttpLimits limits;
    private final Function<Throwable, @Nullable Problem> translate;
    private final ClassicActorSystemProvider system;

    /** {@code translate} makes a problem of what an endpoint failed with; null for a failure that nobody expected. */
    public RouteTable(
            List<Endpoint> endpoints, Guard guard, HttpLimits limits,
            Function<Throwable, @Nullable Problem> translate, ClassicActorSystemProvider system) {
        this.endpoints = List.copyOf(endpoints);
        this.guard = guard;
        this.limits = limits;
        this.translate = translate;
        this.system = system;
    }

    /** In the order of the document. */
    public List<Endpoint> endpoints() {
        return endpoints;
    }

    /** Serves any request; never fails. */
    public CompletionStage<HttpResponse> serve(HttpRequest request) {
        CompletionStage<HttpResponse> answer;
        try {
            answer = route(request);
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            answer = CompletableFuture.failedFuture(e);
        }
        return answer.exceptionally(failure -> failed(request, failure))
                .thenApply(response -> response.addHeader(NO_STORE).addHeader(NO_SNIFF));
    }

    private HttpResponse failed(HttpRequest request, Throwable failure) {
        var _ = request.entity().discardBytes(system); // what is unread would hold the connection; read parts stay read
        Throwable cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        Problem problem = cause instanceof ProblemException known ? known.problem() : translate.apply(cause);
        if (problem == null) {
            log.atError().addKeyValue("method", request.method().name()).setCause(cause).log("an HTTP request failed");
            problem = Problem.of(
                    500, "internal-error", "The broker failed", "The broker's log has the cause.");
        }
        HttpResponse response = Answers.problem(problem.instance() == null ? problem.in(request.getUri().path()) : problem);
        return switch (problem.status()) {
            case 401 -> response.addHeader(RawHeader.create("WWW-Authenticate", "Bearer realm=\"sampo\""));
            case 429 -> response.addHeader(RawHeader.create("Retry-After", "1"));
            case 405 -> response.addHeader(allow(matching(segments(request))));
            default -> response;
        };
    }

    private CompletionStage<HttpResponse> route(HttpRequest request) {
        List<String> segments = segments(request);
        List<Endpoint> matching = matching(segments);
        boolean open = !matching.isEmpty() && matching.getFirst().isOpen();
        Problem refusal = guard.check(header(request, "Host"), header(request, "Origin"), header(request, "Authorization"), open);
        if (refusal != null) {
            throw refusal.exception();
        }
        if (matching.isEmpty()) {
            throw Problem.notFound(
                    "no-such-path", "There is nothing at this path", "GET /v1/openapi.json lists all paths.");
        }
        String method = request.method().name();
        if (method.equals("OPTIONS")) {
            var _ = request.entity().discardBytes(system);
            return CompletableFuture.completedFuture(HttpResponse.create().withStatus(204).addHeader(allow(matching)));
        }
        String asked = method.equals("HEAD") ? "GET" : method;
        for (Endpoint endpoint : matching) {
            if (endpoint.method().equals(asked)) {
                return call(endpoint, request, segments);
            }
        }
        throw Problem.of(
                        405, "method-not-allowed", "The method is not allowed here",
                        "This path takes " + methods(matching) + ", not " + method + ".")
                .exception();
    }

    private CompletionStage<HttpResponse> call(Endpoint endpoint, HttpRequest request, List<String> segments) {
        Map<String, String> query = query(endpoint, request);
        String accepted = accepted(endpoint, request);
        String contentType = "";
        if (endpoint.consumes().isEmpty()) {
            var _ = request.entity().discardBytes(system);
        } else {
            contentType = contentType(endpoint, request);
        }
        Map<String, String> path = endpoint.match(segments);
        return endpoint.handler().handle(new Call(
                request, path == null ? Map.of() : path, query, contentType, accepted, system, limits));
    }

    private List<Endpoint> matching(List<String> segments) {
        var matching = new ArrayList<Endpoint>();
        for (Endpoint endpoint : endpoints) {
            if (endpoint.match(segments) != null) {
                matching.add(endpoint);
            }
        }
        return matching;
    }

    private static List<String> segments(HttpRequest request) {
        var segments = new ArrayList<String>();
        String path = request.getUri().path();
        request.getUri().pathSegments().forEach(segments::add);
        if (path.endsWith("/")) {
            segments.add("");
        }
        return segments;
    }

    /** Unknown names are refused: a misspelt dry_run must not change anything. */
    private static Map<String, String> query(Endpoint endpoint, HttpRequest request) {
        List<Pair<String, String>> given;
        try {
            given = request.getUri().query().toList();
        } catch (IllegalUriException e) {
            throw Problem.of(400, "invalid-query", "The query cannot be read", String.valueOf(e.getMessage())).exception();
        }
        Map<String, Param> known = new LinkedHashMap<>();
        for (Param param : endpoint.params()) {
            if (param.place() == Param.Place.QUERY) {
                known.put(param.name(), param);
            }
        }
        Map<String, String> values = new HashMap<>();
        for (Pair<String, String> pair : given) {
            Param param = known.get(pair.first());
            if (param == null) {
                throw Problem.of(
                                400, "unknown-parameter", "A query parameter is not known",
                                "\"" + pair.first() + "\" is not known here; known are " + known.keySet() + ".")
                        .at(pair.first())
                        .exception();
            }
            if (!param.values().isEmpty() && !param.values().contains(pair.second())) {
                throw Problem.invalid(
                        pair.first(), "\"" + pair.second() + "\" is none of " + param.values() + ".");
            }
            if (values.putIfAbsent(pair.first(), pair.second()) != null) {
                throw Problem.invalid(pair.first(), "The parameter is given twice.");
            }
        }
        for (Param param : known.values()) {
            if (param.required() && !values.containsKey(param.name())) {
                throw Problem.invalid(param.name(), "The parameter is needed.");
            }
        }
        return values;
    }

    /** The produced type that the client likes best, the first one of equals. */
    private static String accepted(Endpoint endpoint, HttpRequest request) {
        List<MediaRange> ranges = new ArrayList<>();
        boolean said = false;
        for (HttpHeader header : request.getHeaders()) {
            if (header instanceof Accept accept) {
                accept.getMediaRanges().forEach(ranges::add);
            }
            said |= header.is("accept");
        }
        if (!said || ranges.isEmpty()) {
            return endpoint.produces().getFirst();
        }
        String best = null;
        float bestQuality = 0;
        for (String type : endpoint.produces()) {
            float quality = quality(type, ranges);
            if (quality > bestQuality) {
                best = type;
                bestQuality = quality;
            }
        }
        if (best == null) {
            throw Problem.of(
                            406, "not-acceptable", "No acceptable type",
                            "This path answers " + endpoint.produces() + ", the Accept header allows none of them.")
                    .exception();
        }
        return best;
    }

    private static float quality(String type, List<MediaRange> ranges) {
        var media = org.apache.pekko.http.javadsl.model.MediaTypes.custom(type, true, false);
        float exact = -1;
        float main = -1;
        float any = -1;
        for (MediaRange range : ranges) {
            if (range.matches(media)) {
                String text = range.toString();
                if (range.mainType().equals("*")) {
                    any = Math.max(any, range.qValue());
                } else if (text.contains("/*")) {
                    main = Math.max(main, range.qValue());
                } else {
                    exact = Math.max(exact, range.qValue());
                }
            }
        }
        return exact >= 0 ? exact : main >= 0 ? main : Math.max(any, 0);
    }

    private static String contentType(Endpoint endpoint, HttpRequest request) {
        // The raw header: a body without a type (a browser can send one across sites) must not pass for one with a type.
        String given = request.entity().getContentType().mediaType().toString().toLowerCase(Locale.ROOT);
        int parameters = given.indexOf(';');
        String type = (parameters < 0 ? given : given.substring(0, parameters)).strip();
        if (type.equals("none/none")) {
            type = "";
        }
        if (!endpoint.consumes().containsKey(type)) {
            throw Problem.of(
                            415, "unsupported-type", "The type of the body is not supported",
                            "The Content-Type must be one of " + endpoint.consumes().keySet() + ", not \"" + type + "\".")
                    .exception();
        }
        return type;
    }

    private static @Nullable String header(HttpRequest request, String name) {
        return request.getHeader(name).map(HttpHeader::value).orElse(null);
    }

    private static Set<String> methods(List<Endpoint> endpoints) {
        var methods = new TreeSet<String>();
        for (Endpoint endpoint : endpoints) {
            methods.add(endpoint.method());
            if (endpoint.method().equals("GET")) {
                methods.add("HEAD");
            }
        }
        return methods;
    }

    private static HttpHeader allow(List<Endpoint> endpoints) {
        return Allow.create(methods(endpoints).stream()
                .map(name -> org.apache.pekko.http.javadsl.model.HttpMethods.lookup(name).orElseThrow())
                .toArray(org.apache.pekko.http.javadsl.model.HttpMethod[]::new));
    }
}
