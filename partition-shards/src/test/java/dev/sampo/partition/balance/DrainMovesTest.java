package dev.sampo.partition.balance;

import dev.sampo.partition.balance.DrainMoves.Held;
import dev.sampo.partition.balance.DrainMoves.Move;
import dev.sampo.partition.balance.DrainMoves.Target;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

final class DrainMovesTest {
    private static final List<Target> THREE = List.of(new Target(2, null), new Target(3, null), new Target(4, null));

    @Test
    void whatTheBrokerHoldsGoesToWhoHoldsLeastAndKeepsItsPlaceInTheList() {
        List<Held> held = List.of(
                new Held("a", 0, List.of(1, 2)), new Held("a", 1, List.of(2, 3)), new Held("a", 2, List.of(3, 1)));
        assertThat(DrainMoves.off(1, held, THREE)).containsExactly(
                new Move("a", 0, List.of(1, 2), List.of(4, 2), "holds fewest"),
                new Move("a", 2, List.of(3, 1), List.of(3, 4), "holds fewest"));
    }

    @Test
    void partitionsWithOneListGoTogetherUntilTheBrokerHasItsShare() {
        List<Held> held = List.of(
                new Held("a", 0, List.of(1)), new Held("a", 1, List.of(1)), new Held("a", 2, List.of(1)), new Held("a", 3, List.of(1)));
        assertThat(DrainMoves.off(1, held, THREE)).extracting(Move::to)
                .containsExactly(List.of(2), List.of(2), List.of(3), List.of(3));
    }

    @Test
    void aRackWithoutAReplicaIsPreferred() {
        List<Target> racks = List.of(new Target(2, "a"), new Target(3, "a"), new Target(4, "b"));
        List<Held> held = List.of(new Held("t", 0, List.of(1, 2)), new Held("u", 0, List.of(4, 3)), new Held("u", 1, List.of(4)));
        assertThat(DrainMoves.off(1, held, racks)).containsExactly(
                new Move("t", 0, List.of(1, 2), List.of(4, 2), "rack b has no other replica of it"));
    }

    @Test
    void whereNobodyIsLeftTheReasonIsTold() {
        List<Held> held = List.of(new Held("t", 3, List.of(1, 2, 3, 4)));
        assertThatThrownBy(() -> DrainMoves.off(1, held, THREE))
                .isInstanceOf(DrainMoves.NoTargetException.class).hasMessageContaining("t-3").hasMessageContaining("[1, 2, 3, 4]");
    }
}
