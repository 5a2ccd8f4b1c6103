package dev.sampo.partition.placement;

import dev.sampo.partition.controller.ControllerEvent;
import dev.sampo.partition.controller.MetadataImage;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class SettledBrokersTest {
    private final SettledBrokers settled = new SettledBrokers(10_000);
    private MetadataImage image = MetadataImage.EMPTY;

    @Test
    void aBrokerIsSettledWhenItsProcessHasBeenLiveForAWhile() {
        register(1, 1);
        settled.look(image, 500);
        assertThat(settled.contains(1, 10_499)).isFalse();
        assertThat(settled.contains(1, 10_500)).isTrue();
        assertThat(settled.contains(2, 10_500)).isFalse();
    }

    @Test
    void itsNextProcessBeginsAnew() {
        register(1, 1);
        settled.look(image, 0);
        register(1, 2);
        settled.look(image, 20_000);
        assertThat(settled.contains(1, 29_999)).isFalse();
        image = image.apply(new ControllerEvent.BrokerFenced(1, 2));
        settled.look(image, 31_000);
        assertThat(settled.contains(1, 31_000)).isFalse();
    }

    private void register(int broker, long incarnation) {
        image = image.apply(new ControllerEvent.BrokerRegistered(
                broker, new Uuid(0, broker), new Uuid(1, incarnation), incarnation, List.of(), null));
    }
}
