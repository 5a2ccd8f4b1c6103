package dev.sampo.http.record;

import dev.sampo.http.route.ProblemException;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

final class SeekTargetTest {
    @Test
    void everyTargetLiesWithinTheLog() {
        assertThat(new SeekTarget.Earliest().offset(5, 10, 7, -1)).isEqualTo(5);
        assertThat(new SeekTarget.Latest().offset(5, 10, 7, -1)).isEqualTo(10);
        assertThat(new SeekTarget.ToOffset(1).offset(5, 10, 7, -1)).isEqualTo(5);
        assertThat(new SeekTarget.ToOffset(99).offset(5, 10, 7, -1)).isEqualTo(10);
        assertThat(new SeekTarget.ShiftBy(-1).offset(5, 10, 7, -1)).isEqualTo(6);
        assertThat(new SeekTarget.ShiftBy(Long.MAX_VALUE).offset(5, 10, 7, -1)).isEqualTo(10);
        assertThat(new SeekTarget.ShiftBy(Long.MIN_VALUE).offset(5, 10, 7, -1)).isEqualTo(5);
        assertThat(new SeekTarget.ToTime(1).offset(5, 10, 7, 8)).isEqualTo(8);
        assertThat(new SeekTarget.ByDuration(1).offset(5, 10, 7, -1)).isEqualTo(10);
    }

    @Test
    void aDurationCountsBackFromNowAndATimeIsItself() {
        assertThat(new SeekTarget.ByDuration(300).timeMs(1000)).isEqualTo(700);
        assertThat(new SeekTarget.ByDuration(3000).timeMs(1000)).isZero();
        assertThat(new SeekTarget.ToTime(42).timeMs(1000)).isEqualTo(42);
        assertThat(new SeekTarget.Latest().timeMs(1000)).isNull();
    }

    @Test
    void exactlyOneTargetIsToBeNamed() {
        assertThat(SeekTarget.of("earliest", null, null, null, null)).isEqualTo(new SeekTarget.Earliest());
        assertThat(SeekTarget.of(null, null, null, null, "PT5M")).isEqualTo(new SeekTarget.ByDuration(300_000));
        assertThatThrownBy(() -> SeekTarget.of(null, null, null, null, null)).isInstanceOf(ProblemException.class);
        assertThatThrownBy(() -> SeekTarget.of("latest", 1L, null, null, null)).isInstanceOf(ProblemException.class);
        for (String wrong : new String[] {"5m", "PT", "-PT5M", "PT9223372036854775807S", ""}) {
            assertThatThrownBy(() -> SeekTarget.of(null, null, null, null, wrong)).as(wrong).isInstanceOf(ProblemException.class);
        }
    }
}
