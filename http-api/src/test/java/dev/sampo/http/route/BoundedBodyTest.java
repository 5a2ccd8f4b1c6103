package dev.sampo.http.route;

import java.nio.charset.StandardCharsets;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class BoundedBodyTest {
    private final BoundedBody body = new BoundedBody(6);

    @Test
    void whatFitsIsKeptInItsOrder() {
        add("abc");
        add("def");

        assertThat(body.bytes()).hasValueSatisfying(bytes -> assertThat(bytes).asString().isEqualTo("abcdef"));
    }

    @Test
    void ofMoreThanTheLimitNothingIsLeftWhateverComesLater() {
        add("abcdef");
        add("g");
        add("");

        assertThat(body.bytes()).isEmpty();
    }

    private void add(String text) {
        body.add(ByteString.fromArray(text.getBytes(StandardCharsets.UTF_8)));
    }
}
