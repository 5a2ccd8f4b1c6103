package dev.sampo.http.record;

import dev.sampo.http.route.Json;
import dev.sampo.http.route.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

final class EnvelopeTest {
    @Test
    void eachTypeOfDataBecomesItsBytes() {
        assertThat(text(parse("{\"value\":\"ü\"}").value())).isEqualTo("ü");
        assertThat(text(parse("{\"value\":{\"type\":\"STRING\",\"data\":\"a\"}}").value())).isEqualTo("a");
        assertThat(parse("{\"value\":{\"type\":\"BINARY\",\"data\":\"AAH/\"}}").value()).containsExactly(0, 1, -1);
        assertThat(text(parse("{\"value\":{\"type\":\"JSON\",\"data\":[1,{\"b\":null}]}}").value())).isEqualTo("[1,{\"b\":null}]");
        assertThat(parse("{\"key\":null,\"value\":null}").value()).isNull();
        assertThat(parse("{\"value\":null}").key()).isNull();
    }

    @Test
    void numbersOfJsonDataKeepEveryDigit() {
        String data = "{\"a\":12345678901234567890123,\"b\":0.1000000000000000055511151231257827}";
        assertThat(text(parse("{\"value\":{\"type\":\"JSON\",\"data\":" + data + "}}").value())).isEqualTo(data);
    }

    @Test
    void aMistakeNamesItsField() {
        Map.of(
                        "{}", "r.value", "{\"value\":1}", "r.value", "{\"value\":\"x\",\"partition\":1.5}", "r.partition",
                        "{\"value\":\"x\",\"timestamp\":-1}", "r.timestamp", "{\"value\":{\"type\":\"XML\",\"data\":\"\"}}", "r.value.type",
                        "{\"value\":{\"type\":\"BINARY\",\"data\":\"?\"}}", "r.value.data", "{\"value\":\"x\",\"keys\":1}", "r.keys",
                        "{\"value\":\"x\",\"headers\":[{\"key\":\"a\",\"value\":1}]}", "r.headers[0].value", "{\"value\":\"\\ud800\"}", "r.value")
                .forEach((json, field) -> {
                    var refused = catchThrowableOfType(
                            ProblemException.class, () -> Envelope.parse(Json.tree(json.getBytes(StandardCharsets.UTF_8)), "r."));
                    assertThat(refused).as(json).isNotNull();
                    assertThat(refused.problem().field()).isEqualTo(field);
                    assertThat(refused.problem().status()).isEqualTo(400);
                });
    }

    @Test
    void whatIsShownOfBytesIsWrittenBackAsTheSameBytes() {
        for (DataFormat format : DataFormat.values()) {
            for (byte[] bytes : new byte[][] {{}, {0}, {-1, -2}, "text".getBytes(StandardCharsets.UTF_8), "{\"a\":1.50}".getBytes(StandardCharsets.UTF_8),
                "{broken".getBytes(StandardCharsets.UTF_8), "[1]".getBytes(StandardCharsets.UTF_8)}) {
                String shown = new String(Json.bytes(format.show(bytes)), StandardCharsets.UTF_8);
                assertThat(parse("{\"value\":" + shown + "}").value()).as(format + " " + shown).isEqualTo(bytes);
            }
        }
    }

    private static OutgoingRecord parse(String json) {
        return Envelope.parse(Json.tree(json.getBytes(StandardCharsets.UTF_8)), "");
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
