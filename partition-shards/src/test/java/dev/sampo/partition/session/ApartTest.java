package dev.sampo.partition.session;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ApartTest {
    @Test
    void onlyWhoIsApartWithoutInterruptionForLongEnoughStartsAgain() {
        var apart = new Apart(10);
        assertThat(apart.isOver(true, 0)).isFalse();
        assertThat(apart.isOver(true, 10)).isFalse();
        assertThat(apart.isOver(false, 11)).isFalse();
        assertThat(apart.isOver(true, 12)).isFalse();
        assertThat(apart.isOver(true, 22)).isFalse();
        assertThat(apart.isOver(true, 23)).isTrue();
    }
}
