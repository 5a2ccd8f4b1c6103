package dev.sampo.cluster.cli;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.PartitionReassignment;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import static dev.sampo.cluster.cli.CommandRun.command;
import static org.assertj.core.api.Assertions.assertThat;

/** Throttles of several who move partitions. */
@ExtendWith(SharedBroker.class)
final class ReplicaThrottleIT {
    private static final String REPLICAS = ".replication.throttled.replicas";
    private static final String RATE = ".replication.throttled.rate";

    private static void set(ReplicaThrottle throttle, Admin admin, String topic, int partition, long bytesPerSecond) {
        throttle.set(
                admin,
                List.of(new ReplicaThrottle.Way(new TopicPartition(topic, partition), List.of(7), List.of(7, 1))),
                bytesPerSecond);
    }

    private static Set<String> list(String topic, String side) {
        return Set.of(value("topic/" + topic, side + REPLICAS).split(",", -1));
    }

    private static String value(String entity, String name) {
        return command().json("config get", entity).valueStream().filter(row -> row.get("name").asString().equals(name))
                .findFirst().map(row -> row.get("value").asString("")).orElse("");
    }

    private static Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", SharedBroker.bootstrap()));
    }

    @Test
    void whoThrottlesSecondKeepsTheFirstsReplicasAndWhatAnOperatorSetStays() {
        command().run("topic", "create", "throttled", "-p", "4").ok();
        command().run("config", "set", "topic/throttled", "follower" + REPLICAS + "=3:9").ok();
        try (Admin admin = admin()) {
            var first = new ReplicaThrottle();
            var second = new ReplicaThrottle();
            set(first, admin, "throttled", 0, 1_000);
            set(second, admin, "throttled", 1, 2_000);
            assertThat(list("throttled", "follower")).containsExactlyInAnyOrder("3:9", "0:1", "1:1");
            assertThat(value("broker/1", "follower" + RATE)).isEqualTo("2000");

            second.end(admin);
            assertThat(list("throttled", "follower")).containsExactlyInAnyOrder("3:9", "0:1");
            assertThat(value("broker/1", "follower" + RATE)).isEqualTo("2000");

            first.end(admin);
            assertThat(list("throttled", "follower")).containsExactly("3:9");
            assertThat(value("broker/1", "follower" + RATE)).isEmpty();
        }
    }

    @Test
    void aTopicThatIsThrottledAsAWholeStaysSoWithItsRate() {
        command().run("topic", "create", "rw", "-p", "1").ok();
        command().run("config", "set", "topic/rw", "follower" + REPLICAS + "=*").ok();
        try (Admin admin = admin()) {
            var throttle = new ReplicaThrottle();
            set(throttle, admin, "rw", 0, 3_000);
            throttle.end(admin);
            assertThat(list("rw", "follower")).containsExactly("*");
            assertThat(value("broker/1", "follower" + RATE)).isEqualTo("3000");
        } finally {
            command().run("config", "set", "topic/rw", "--unset", "follower" + REPLICAS).ok();
            command().run("config", "set", "broker/1", "--unset", "follower" + RATE).ok();
        }
    }

    @Test
    void aTopicThatIsGoneKeepsNoThrottleFromEnding() {
        command().run("topic", "create", "rd", "-p", "1").ok();
        try (Admin admin = admin()) {
            var throttle = new ReplicaThrottle();
            set(throttle, admin, "rd", 0, 1_000);
            command().run("topic", "delete", "rd", "--yes").ok();
            throttle.end(admin);
            assertThat(value("broker/1", "follower" + RATE)).isEmpty();
        }
    }

    @Test
    void ofAMoveThatIsCancelledBothSidesEndAndOnlyThese() {
        command().run("topic", "create", "rc", "-p", "4").ok();
        command().run("topic", "create", "idle-topic", "-p", "1").ok();
        command().run("config", "set", "topic/rc", "follower" + REPLICAS + "=0:8,1:8,3:1", "leader" + REPLICAS + "=0:1,2:1").ok();
        command().run("config", "set", "broker/1", "follower" + RATE + "=10", "leader" + RATE + "=20").ok();
        var move = new PartitionReassignment(List.of(8, 1), List.of(8), List.of(1));
        try (Admin admin = admin()) {
            ReplicaThrottle.end(admin, Map.of(new TopicPartition("rc", 0), move, new TopicPartition("idle-topic", 0), move));
            assertThat(list("rc", "follower")).containsExactlyInAnyOrder("1:8", "3:1");
            assertThat(list("rc", "leader")).containsExactly("2:1");
            assertThat(value("broker/1", "follower" + RATE)).isEqualTo("10");
            assertThat(value("broker/1", "leader" + RATE)).isEqualTo("20");
            assertThat(command().json("config diff", "topic/idle-topic")).isEmpty();

            ReplicaThrottle.end(admin, Map.of(new TopicPartition("rc", 2), move));
            assertThat(value("broker/1", "leader" + RATE)).isEmpty();
            assertThat(value("broker/1", "follower" + RATE)).isEqualTo("10");
        } finally {
            command().run("config", "set", "topic/rc", "--unset", "follower" + REPLICAS).ok();
            command().run("config", "set", "broker/1", "--unset", "follower" + RATE).ok();
        }
    }
}
