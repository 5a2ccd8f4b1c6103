package dev.sampo.partition.session;

import dev.sampo.partition.controller.ControllerEvent.BrokerFenced;
import dev.sampo.partition.controller.ControllerEvent.BrokerRegistered;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Broker;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class SessionTableTest {
    private static final long BEGIN = Long.MAX_VALUE - 50; // the clock may pass its end
    private static final MetadataImage TWO = registered(registered(MetadataImage.EMPTY, 1, 1), 2, 2);

    private final SessionTable table = new SessionTable(100, BEGIN);

    static MetadataImage registered(MetadataImage image, int broker, long incarnation) {
        return image.apply(new BrokerRegistered(
                broker, new Uuid(1, broker), new Uuid(2, incarnation), incarnation, List.of(), null));
    }

    private List<Integer> late(MetadataImage image, long after) {
        return table.late(image, BEGIN + after).stream().map(Broker::id).toList();
    }

    @Test
    void aBrokerIsLateWhenItWasNotHeardForLongerThanASession() {
        // Given
        table.heard(1, 1, BEGIN);
        table.heard(2, 2, BEGIN + 60);
        // When, Then
        assertThat(late(TWO, 100)).isEmpty();
        assertThat(late(TWO, 101)).containsExactly(1);
        assertThat(late(TWO, 161)).containsExactly(1, 2);
    }

    @Test
    void aNewControllerGivesEverybodyMostOfASession() {
        // Given
        table.heard(1, 1, BEGIN);
        table.heard(2, 2, BEGIN);
        // When
        table.controllerStarted(BEGIN + 500);
        // Then
        assertThat(late(TWO, 584)).isEmpty();
        assertThat(late(TWO, 585)).containsExactly(1, 2);
    }

    @Test
    void whoWasPausedGivesEverybodyAWholeSession() {
        table.heard(1, 1, BEGIN);
        table.heard(2, 2, BEGIN);
        table.heardNobody(BEGIN + 500);
        assertThat(late(TWO, 600)).isEmpty();
        assertThat(late(TWO, 601)).containsExactly(1, 2);
    }

    @Test
    void aRegistrationCountsFromWhenItIsSeenAndAHeartbeatOfAnOlderLifeCountsForNothing() {
        // Given
        table.heard(1, 1, BEGIN);
        assertThat(late(TWO, 101)).containsExactly(1);
        MetadataImage again = registered(TWO, 1, 3);
        // When
        assertThat(late(again, 150)).isEmpty();
        table.heard(1, 1, BEGIN + 240);
        // Then
        assertThat(late(again, 251)).contains(1);
    }

    @Test
    void aFencedBrokerIsNotLate() {
        table.heard(2, 2, BEGIN + 1_000);
        assertThat(late(TWO.apply(new BrokerFenced(1, 1)), 1_000)).isEmpty();
    }
}
