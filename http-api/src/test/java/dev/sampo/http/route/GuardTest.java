package dev.sampo.http.route;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class GuardTest {
    @Test
    void onLoopbackOnlyLocalNamesAreServedSoThatANameThatWasMadeToPointHereIsNot() {
        var guard = new Guard(null, true);
        for (String local : new String[] {"localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.1.2.3", "[::1]", "[::1]:8080"}) {
            assertThat(guard.check(local, null, null, false)).as(local).isNull();
        }
        for (String other : new String[] {
            "example.com", "localhost.example.com", "127.0.0.1.example.com", "10.0.0.1", "", "[::2]:80", "999.0.0.1", "0.0.0.0", "[", ":80"
        }) {
            assertThat(guard.check(other, null, null, false)).as(other).isNotNull().extracting(Problem::status).isEqualTo(403);
        }
        assertThat(guard.check(null, null, null, false)).isNotNull();
    }

    @Test
    void elsewhereTheTokenDecidesAndNotTheHost() {
        var guard = new Guard("secret", false);
        assertThat(guard.check("broker.example:8080", null, "Bearer secret", false)).isNull();
        assertThat(guard.check("broker.example", null, null, true)).isNull();
        for (String wrong : new String[] {"Bearer ", "Bearer secre", "Bearer secret ü", "secret", "Basic secret", ""}) {
            assertThat(guard.check("broker.example", null, wrong, false)).isNotNull().extracting(Problem::status).isEqualTo(401);
        }
    }

    @Test
    void aPageOfAnotherSiteIsRefusedEvenWithTheToken() {
        var guard = new Guard("secret", false);
        assertThat(guard.check("broker:8080", "http://evil.example", "Bearer secret", false)).isNotNull();
        assertThat(guard.check("broker:8080", "null", "Bearer secret", false)).isNotNull();
        assertThat(guard.check("broker:8080", "http://broker:8080", "Bearer secret", false)).isNull();
    }
}
