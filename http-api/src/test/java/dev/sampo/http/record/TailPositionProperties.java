package dev.sampo.http.record;

import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class TailPositionProperties {
    @Property(tries = 200)
    void theTextOfAPositionIsThatPosition(@ForAll("offsets") Map<Integer, Long> offsets) {
        TailPosition position = TailPosition.parse(TailPosition.of(offsets).toString());
        assertThat(position).isNotNull();
        assertThat(position.nextOffsets()).isEqualTo(offsets);
    }

    @Provide
    Arbitrary<Map<Integer, Long>> offsets() {
        return Arbitraries.maps(
                        Arbitraries.integers().between(0, 100_000), Arbitraries.longs().between(0, 999_999_999_999_999_999L))
                .ofMinSize(1)
                .ofMaxSize(20);
    }

    @Test
    void whatIsNoPositionIsRefused() {
        for (String text : new String[] {"", "0", "0:", ":1", "0:1,", "0:1,0:2", "a:1", "0:-1", "-1:0", "0:1;1:2", "0:99999999999999999999"}) {
            assertThat(TailPosition.parse(text)).as(text).isNull();
        }
    }
}
