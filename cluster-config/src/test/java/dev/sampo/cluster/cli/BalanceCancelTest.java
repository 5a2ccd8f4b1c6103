package dev.sampo.cluster.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/** What {@code balance cancel} makes of the cluster's answers. */
final class BalanceCancelTest {
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Outcomes outcomes = new Outcomes(new Terminal(
            new ByteArrayInputStream(new byte[0]), new PrintStream(new ByteArrayOutputStream(), false, UTF_8),
            new PrintStream(err, true, UTF_8), Map.of(), false, false, false));
    private final Set<TopicPartition> ended = new HashSet<>();
    private final Set<TopicPartition> refused = new HashSet<>();
    private final Map<TopicPartition, KafkaFuture<Void>> answers = new LinkedHashMap<>();

    private TopicPartition answer(int partition, Errors error) {
        var id = new TopicPartition("orders", partition);
        var future = new KafkaFutureImpl<Void>();
        if (error == Errors.NONE) {
            future.complete(null);
        } else {
            future.completeExceptionally(error.exception());
        }
        answers.put(id, future);
        return id;
    }

    private int judge() {
        BalanceCommands.Cancel.judge(answers, ended, refused, outcomes);
        return outcomes.finish();
    }

    @Test
    void aMoveWhoseEndIsRefusedIsNamedAndTheExitCodeTells() {
        answer(0, Errors.NONE);
        TopicPartition before = answer(1, Errors.NO_REASSIGNMENT_IN_PROGRESS);
        TopicPartition no = answer(2, Errors.CLUSTER_AUTHORIZATION_FAILED);
        assertThat(judge()).isEqualTo(ExitCode.PARTLY_DONE);
        assertThat(err.toString(UTF_8)).contains("orders-2", "CLUSTER_AUTHORIZATION_FAILED").doesNotContain("orders-0", "orders-1");
        assertThat(refused).containsExactly(no);
        assertThat(ended).containsExactly(before);
    }

    @Test
    void whereAllAreRefusedTheExitCodeIsTheFirstOnes() {
        answer(0, Errors.NOT_CONTROLLER);
        assertThat(judge()).isEqualTo(ExitCode.FAILED);
    }

    @Test
    void movesThatHadComeToAnEndAreNoFailure() {
        answer(0, Errors.NO_REASSIGNMENT_IN_PROGRESS);
        answer(1, Errors.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(judge()).isZero();
        assertThat(err.size()).isZero();
    }
}
