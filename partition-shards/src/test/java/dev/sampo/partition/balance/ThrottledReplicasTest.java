package dev.sampo.partition.balance;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class ThrottledReplicasTest {
    private static ThrottledReplicas replicas(String topic, String... replicas) {
        var some = new ThrottledReplicas();
        for (String each : replicas) {
            String[] parts = each.split(":", -1);
            some.add(topic, Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
        }
        return some;
    }

    @Test
    void ofAMoveThoseThatCopyAreThrottled() {
        var ours = new ThrottledReplicas();
        ours.addMove("t", 3, List.of(1, 2), List.of(2, 4));
        ours.addMove("t", 0, List.of(1, 2), List.of(5, 4));
        ours.addMove("u", 0, List.of(1, 2), List.of(2, 1));
        assertThat(ours.lists()).isEqualTo(Map.of("t", "0:4,0:5,3:4"));
        assertThat(ours.brokers()).containsExactly(4, 5);
    }

    @Test
    void whatIsInTheListsAlreadyIsSomebodyElses() {
        ThrottledReplicas ours = replicas("t", "0:4", "1:4");
        ours.addAll(replicas("u", "0:5"));
        assertThat(ours.notIn(Map.of("t", " 1:4 ,7:7", "u", "", "v", "0:4")).lists()).isEqualTo(Map.of("t", "0:4", "u", "0:5"));
        assertThat(ours.in(Map.of("t", " 1:4 ,7:7", "u", "*", "v", "0:4")).lists()).isEqualTo(Map.of("t", "1:4"));
        assertThat(ours.notIn(Map.of("t", "0:4,1:4", "u", "0:5")).isEmpty()).isTrue();
    }

    @Test
    void aTopicThatIsThrottledAsAWholeIsLeftAsItIs() {
        ThrottledReplicas ours = replicas("t", "0:4");
        ours.addAll(replicas("u", "0:5"));
        Map<String, String> lists = Map.of("t", "*", "u", "1:1");
        assertThat(ours.addable(lists)).isEqualTo(Map.of("u", "0:5"));
        assertThat(ours.notIn(lists).lists()).isEqualTo(Map.of("u", "0:5"));
        assertThat(ours.onlyTheirs(lists)).isEmpty();
    }

    @Test
    void theRateOfABrokerIsNeededWhileAnyOtherReplicaOfItIsThrottled() {
        ThrottledReplicas ours = replicas("t", "0:4", "1:5", "2:44");
        assertThat(ours.onlyTheirs(Map.of("t", "0:4,1:5,2:44"))).containsExactly(4, 5, 44);
        assertThat(ours.onlyTheirs(Map.of("t", "0:4,1:5,3:5", "u", "0:9"))).containsExactly(4, 44);
        assertThat(ours.onlyTheirs(Map.of("t", "", "u", "0:4"))).containsExactly(5, 44);
    }

    @Test
    void whatIsTakenAwayIsGoneAndTheRestStays() {
        ThrottledReplicas ours = replicas("t", "0:4", "1:5");
        ours.removeAll(replicas("t", "0:4", "9:9"));
        ours.removeAll(replicas("u", "0:4"));
        assertThat(ours.lists()).isEqualTo(Map.of("t", "1:5"));
        ours.removeAll(replicas("t", "1:5"));
        assertThat(ours.isEmpty()).isTrue();
    }
}
