package dev.sampo.http;

import dev.sampo.http.route.Answers;
import dev.sampo.http.route.Endpoint;
import dev.sampo.http.route.Json;
import dev.sampo.http.route.Param;
import dev.sampo.http.route.Problem;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** The OpenAPI 3.1 document, made of the endpoints and of the records of their bodies. */
final class OpenApi {
    private static final String DESCRIPTION = "Administration, records and live tail of a Sampo broker. Errors are "
            + "application/problem+json (RFC 9457); their type is urn:sampo:problem: and a stable name. Query parameters "
            + "that are not listed are refused.";

    private OpenApi() {}

    /** The endpoint that serves the document of {@code others} and of itself. */
    static Endpoint endpoint(List<Endpoint> others, boolean token) {
        Endpoint self = Endpoint.of("GET", "/v1/openapi.json", "This description.").answers(200, null);
        var all = new java.util.ArrayList<>(others);
        all.add(self);
        return self.handle(call -> CompletableFuture.completedFuture(Answers.ok(document(all, token))));
    }

    static ObjectNode document(List<Endpoint> endpoints, boolean token) {
        ObjectNode root = Json.MAPPER.createObjectNode();
        root.put("openapi", "3.1.0");
        root.putObject("info").put("title", "Sampo").put("version", "1").put("description", DESCRIPTION)
                .putObject("license").put("name", "Apache-2.0").put("identifier", "Apache-2.0");
        root.putArray("servers").addObject().put("url", "/");
        ObjectNode paths = root.putObject("paths");
        ObjectNode components = root.putObject("components");
        var schemas = new Schemas(components.putObject("schemas"));
        if (token) {
            components.putObject("securitySchemes").putObject("token").put("type", "http").put("scheme", "bearer");
            root.putArray("security").addObject().putArray("token");
        }
        for (Endpoint endpoint : endpoints) {
            ObjectNode path = paths.withObjectProperty(endpoint.path());
            operation(path.putObject(endpoint.method().toLowerCase(Locale.ROOT)), endpoint, schemas, token);
        }
        return root;
    }

    private static void operation(ObjectNode operation, Endpoint endpoint, Schemas schemas, boolean token) {
        operation.put("operationId", operationId(endpoint));
        operation.put("summary", endpoint.summary());
        operation.putArray("tags").add(tag(endpoint.path()));
        if (token && endpoint.isOpen()) {
            operation.putArray("security");
        }
        if (!endpoint.params().isEmpty()) {
            var parameters = operation.putArray("parameters");
            for (Param param : endpoint.params()) {
                ObjectNode node = parameters.addObject();
                node.put("name", param.name()).put("in", param.place().name().toLowerCase(Locale.ROOT))
                        .put("required", param.required()).put("description", param.description());
                ObjectNode schema = node.putObject("schema").put("type", param.type());
                if (!param.values().isEmpty() && param.type().equals("string")) {
                    var values = schema.putArray("enum");
                    param.values().forEach(values::add);
                }
            }
        }
        if (!endpoint.consumes().isEmpty()) {
            ObjectNode body = operation.putObject("requestBody").put("required", true);
            content(body, endpoint.consumes(), schemas, true, endpoint.path().endsWith("/records"));
        }
        ObjectNode responses = operation.putObject("responses");
        endpoint.answers().forEach((status, type) -> {
            ObjectNode response = responses.putObject(Integer.toString(status)).put("description", description(status));
            ObjectNode content = response.putObject("content");
            for (String produced : endpoint.produces()) {
                ObjectNode media = content.putObject(produced);
                if (produced.equals(Endpoint.JSON) && type != null) {
                    media.set("schema", schemas.of(type, false));
                } else if (!produced.equals(Endpoint.JSON)) {
                    media.putObject("schema").put("type", "string");
                }
            }
        });
        ObjectNode failed = responses.putObject("default").put("description", "A problem.");
        failed.putObject("content").putObject("application/problem+json").set("schema", schemas.of(Problem.class, false));
    }

    private static void content(
            ObjectNode body, Map<String, @Nullable Class<?>> types, Schemas schemas, boolean request, boolean orList) {
        ObjectNode content = body.putObject("content");
        types.forEach((contentType, type) -> {
            ObjectNode media = content.putObject(contentType);
            if (type == null) {
                media.putObject("schema").put("type", "string").put("contentEncoding", "binary");
            } else if (orList && contentType.equals(Endpoint.JSON)) {
                var anyOf = media.putObject("schema").putArray("anyOf");
                anyOf.add(schemas.of(type, request));
                anyOf.addObject().put("type", "array").set("items", schemas.of(type, request));
            } else if (contentType.equals(Endpoint.JSON)) {
                media.set("schema", schemas.of(type, request));
            } else {
                media.putObject("schema").put("type", "string").put("description", "One " + type.getSimpleName() + " for each line.");
            }
        });
    }

    private static String description(int status) {
        return switch (status) {
            case 201 -> "Created.";
            case 202 -> "Begun.";
            case 207 -> "Some were refused; each says so itself.";
            case 503 -> "Not now; each check says why.";
            default -> "Done.";
        };
    }

    private static String tag(String path) {
        String[] segments = path.split("/", -1);
        return segments.length > 2 && segments[1].equals("v1") ? segments[2].replace(".json", "") : segments[1];
    }

    /** For example getTopicsTopicPartitions. */
    static String operationId(Endpoint endpoint) {
        var id = new StringBuilder(endpoint.method().toLowerCase(Locale.ROOT));
        for (String word : endpoint.path().split("[^a-zA-Z0-9]+", -1)) {
            if (!word.isEmpty() && !word.equals("v1")) {
                id.append(Character.toUpperCase(word.charAt(0))).append(word.substring(1));
            }
        }
        return id.toString();
    }
}
