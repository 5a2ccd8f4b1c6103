package dev.sampo.tests.http;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import static org.assertj.core.api.Assertions.assertThat;

/** The OpenAPI document against a live broker: each operation is routed, each body has the shape that it says. */
final class OpenApiIT {
    private static final Map<String, String> VALUES =
            Map.of("{topic}", "described", "{partition}", "0", "{broker}", "1", "{group}", "readers");

    @TempDir
    private static Path folder;

    private static HttpBroker http;
    private static JsonNode document;

    @BeforeAll
    static void start() {
        http = HttpBroker.start(folder.resolve("data"));
        document = http.get("/v1/openapi.json").body();
        http.post("/v1/topics", "{\"name\":\"described\",\"partitions\":2}");
        http.post("/v1/topics/described/records", "[{\"key\":\"a\",\"value\":{\"type\":\"JSON\",\"data\":{}},\"partition\":0},"
                + "{\"value\":null,\"headers\":[{\"key\":\"h\",\"value\":null}],\"partition\":0}]");
        http.post("/v1/groups/readers/offsets", "{\"to\":\"earliest\",\"topics\":[{\"topic\":\"described\"}]}");
    }

    @AfterAll
    static void stop() {
        http.close();
    }

    @Test
    void eachOperationOfTheDocumentIsRoutedAndNoOtherMethodOfItsPathIs() {
        document.get("paths").properties().forEach(path -> {
            String url = fill(path.getKey());
            var allowed = http.send(http.request(url).method("OPTIONS", HttpRequest.BodyPublishers.noBody()))
                    .response().headers().firstValue("allow").orElse("");
            List<String> documented = path.getValue().propertyNames().stream().map(name -> name.toUpperCase(Locale.ROOT)).sorted().toList();
            List<String> routed = java.util.Arrays.stream(allowed.split(", ", -1)).filter(name -> !name.equals("HEAD")).sorted().toList();
            assertThat(routed).as(path.getKey()).isEqualTo(documented);
        });
        assertThat(document.get("paths").size()).isGreaterThanOrEqualTo(20);
    }

    @Test
    void eachAnswerHasTheShapeThatTheDocumentSays() {
        var seen = new ArrayList<String>();
        document.get("paths").properties().forEach(path -> {
            if (path.getValue().has("get") && !path.getKey().endsWith("/tail") && !path.getKey().endsWith("openapi.json")
                    && !path.getKey().equals("/metrics")) { // text
                var answer = http.get(fill(path.getKey()));
                assertThat(answer.status()).as(path.getKey() + " " + answer.body()).isEqualTo(200);
                validate(path.getKey(), "get", "200", answer.body());
                seen.add(path.getKey());
            }
        });
        change("post", "/v1/topics", "?dry_run=true", "{\"name\":\"another\"}");
        change("post", "/v1/topics/{topic}/partitions", "?dry_run=true", "{\"count\":3}");
        change("post", "/v1/topics/{topic}/records", "?dry_run=true", "{\"value\":\"x\"}");
        change("post", "/v1/topics/{topic}/records", "", "[{\"value\":\"x\"},{\"value\":\"y\"}]");
        change("patch", "/v1/topics/{topic}/configs", "?dry_run=true", "{\"set\":{\"retention.ms\":\"1\"}}");
        change("patch", "/v1/brokers/{broker}/configs", "?dry_run=true", "{\"set\":{\"log.retention.ms\":\"100000\"}}");
        change("post", "/v1/groups/{group}/offsets", "?dry_run=true", "{\"to\":\"latest\"}");
        change("delete", "/v1/groups/{group}/offsets", "?dry_run=true&topic=described", "");
        change("delete", "/v1/groups/{group}", "?dry_run=true", "");
        change("delete", "/v1/topics/{topic}/records", "?dry_run=true&before_offset=latest", "");
        change("delete", "/v1/topics/{topic}", "?dry_run=true", "");
        change("post", "/v1/brokers/{broker}/drain", "?dry_run=true", "{\"leaders_only\":true}");
        change("delete", "/v1/brokers/{broker}/drain", "?dry_run=true", "");
        change("post", "/v1/reassignments", "?dry_run=true",
                "{\"reassignments\":[{\"topic\":\"described\",\"partition\":0,\"replicas\":[1]}]}");
        change("delete", "/v1/reassignments", "?dry_run=true", "");
        change("post", "/v1/elections", "?dry_run=true", "{\"type\":\"preferred\"}");
        change("post", "/v1/elections", "", "{\"type\":\"preferred\",\"topics\":[{\"topic\":\"described\"}]}");
        change("post", "/v1/balance", "?dry_run=true", "{}");
        change("delete", "/v1/balance", "?dry_run=true", "");
        var problem = http.get("/v1/topics/none");
        assertThat(errors(document.at("/components/schemas/Problem"), problem.body())).isEmpty();
        assertThat(seen).hasSizeGreaterThan(15);
    }

    private static void change(String method, String path, String query, String body) {
        var answer = body.isEmpty()
                ? http.delete(fill(path) + query)
                : http.body(method.toUpperCase(Locale.ROOT), fill(path) + query, "application/json", body);
        assertThat(answer.status()).as(path + " " + answer.body()).isEqualTo(200);
        validate(path, method, "200", answer.body());
    }

    private static void validate(String path, String method, String status, JsonNode body) {
        JsonNode schema = document.get("paths").get(path).get(method).get("responses").get(status).get("content")
                .get("application/json").get("schema");
        assertThat(errors(schema, body)).as(method + " " + path + " " + body).isEmpty();
    }

    /** With the document's components beside, so that its references are found. */
    private static List<Error> errors(JsonNode schema, JsonNode body) {
        ObjectNode whole = schema.deepCopy().asObject();
        whole.set("components", document.get("components"));
        Schema compiled = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(whole);
        return compiled.validate(body);
    }

    private static String fill(String path) {
        String url = path;
        for (Map.Entry<String, String> value : VALUES.entrySet()) {
            url = url.replace(value.getKey(), value.getValue());
        }
        return url;
    }
}
