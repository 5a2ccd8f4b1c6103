package dev.sampo.tests.churn;

import dev.sampo.tests.churn.ChurnSchedule.Step;
import java.util.HashMap;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

import static org.assertj.core.api.Assertions.assertThat;

class ChurnScheduleTest {
    @Property(tries = 200)
    void aScheduleEndsOnlyWhoRunsReachesFiftyAndLeavesAtLeastThree(@ForAll long seed) {
        Map<Integer, Integer> running = new HashMap<>();
        int most = 0;
        int killed = 0;
        for (Step step : ChurnSchedule.of(seed)) {
            int now = running.values().stream().mapToInt(Integer::intValue).sum();
            most = Math.max(most, now);
            switch (step) {
                case Step.Start(int process, int members) -> assertThat(running.put(process, members)).isNull();
                case Step.Leave(int process) -> assertThat(running.remove(process)).isNotNull();
                case Step.Kill(int process) -> {
                    assertThat(running.remove(process)).isNotNull();
                    killed++;
                }
                case Step.Whole(int members) -> assertThat(now).isEqualTo(members);
                case Step.Pause(int ms) -> assertThat(ms).isNotNegative();
            }
        }
        assertThat(most).isEqualTo(ChurnSchedule.MOST);
        assertThat(killed).isPositive();
        assertThat(running.values().stream().mapToInt(Integer::intValue).sum()).isGreaterThanOrEqualTo(ChurnSchedule.LEAST);
        assertThat(ChurnSchedule.of(seed)).isEqualTo(ChurnSchedule.of(seed));
    }
}
