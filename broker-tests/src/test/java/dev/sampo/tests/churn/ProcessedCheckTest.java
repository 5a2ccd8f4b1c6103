package dev.sampo.tests.churn;

import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ProcessedCheckTest {
    private static final long[] TEN = {10};

    @Test
    void recordsInOrderByTwoMembersAreFineAndRepeatedOnesAreCounted() {
        var result = ProcessedCheck.check(List.of(new Processed(0, 0, 5, 1), new Processed(0, 4, 9, 2)), TEN, 0);
        assertThat(result.violations()).isEmpty();
        assertThat(result.records()).isEqualTo(12);
        assertThat(result.duplicates()).isEqualTo(2);
    }

    @Test
    void aRecordThatNobodyProcessedIsFound() {
        assertThat(ProcessedCheck.check(List.of(new Processed(0, 0, 8, 1)), TEN, 0).violations()).hasSize(1);
        assertThat(ProcessedCheck.check(List.of(), TEN, 0).violations()).hasSize(1);
    }

    @Test
    void aMemberThatBeginsAboveWhatWasProcessedIsFoundAlsoWhenItIsMadeUpForLater() {
        var late = List.of(new Processed(0, 0, 2, 1), new Processed(0, 5, 9, 2), new Processed(0, 3, 4, 500));
        assertThat(ProcessedCheck.check(late, TEN, 0).violations()).isNotEmpty();
    }

    @Test
    void whatAnotherMemberDidWithinTheSlackCountsAsDoneBefore() {
        var swapped = List.of(new Processed(0, 0, 2, 1), new Processed(0, 5, 9, 2), new Processed(0, 3, 4, 3));
        assertThat(ProcessedCheck.check(swapped, TEN, 0).violations()).isNotEmpty();
        assertThat(ProcessedCheck.check(swapped, TEN, 1).violations()).isEmpty();
    }
}
