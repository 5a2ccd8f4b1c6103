package dev.sampo.tests.metrics;

import dev.sampo.cluster.BrokerSettings;
import dev.sampo.cluster.SampoBroker;
import dev.sampo.tests.broker.Await;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Exact counts: what clients did is what the beans say. */
class BrokerBeansIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String TOPICS = "kafka.server:type=BrokerTopicMetrics,name=";
    private static final String REQUESTS = "kafka.network:type=RequestMetrics,name=";

    @TempDir
    static Path folder;

    private static SampoBroker broker;
    private static Beans beans;
    private static ExactWork work;

    @BeforeAll
    static void start() {
        broker = SampoBroker.start(
                onFreePorts(folder).with(Map.of("offsets.topic.num.partitions", "1")));
        beans = new Beans(Objects.requireNonNull(broker.beanServer()));
        work = new ExactWork(broker.bootstrapServers());
    }

    private static BrokerSettings onFreePorts(Path data) {
        return BrokerSettings.embedded(data).with("sampo.remoting.port", 0).with("sampo.raft.port", 0);
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static void awaitCount(String name, long wanted) {
        Await.until(name + " = " + wanted, LIMIT, () -> beans.count(name) == wanted, () -> name + " = " + beans.count(name));
    }

    @Test
    void recordsAndBytesAreCountedByTopicAndByBroker() throws Exception {
        // Given
        work.create("orders", 2);
        long before = Math.max(0, beans.count(TOPICS + "MessagesInPerSec"));

        // When
        work.produce("orders", 0, 7);
        work.produce("orders", 1, 3);
        work.consume("orders", 0, 7);
        work.consume("orders", 1, 3);

        // Then
        awaitCount(TOPICS + "MessagesInPerSec,topic=orders", 10);
        awaitCount(TOPICS + "TotalProduceRequestsPerSec,topic=orders", 10);
        awaitCount(TOPICS + "FailedProduceRequestsPerSec,topic=orders", 0);
        long bytesIn = beans.count(TOPICS + "BytesInPerSec,topic=orders");
        assertThat(bytesIn).isEqualTo(
                beans.value("kafka.log:type=Log,name=Size,topic=orders,partition=0")
                        + beans.value("kafka.log:type=Log,name=Size,topic=orders,partition=1"));
        awaitCount(TOPICS + "BytesOutPerSec,topic=orders", bytesIn);
        assertThat(beans.count(TOPICS + "MessagesInPerSec")).isGreaterThanOrEqualTo(before + 10);
        assertThat(beans.value("kafka.log:type=Log,name=LogEndOffset,topic=orders,partition=0")).isEqualTo(7);
        assertThat(beans.value("kafka.log:type=Log,name=LogEndOffset,topic=orders,partition=1")).isEqualTo(3);
        assertThat((double) beans.attribute(TOPICS + "MessagesInPerSec,topic=orders", "MeanRate")).isPositive();
    }

    @Test
    void requestsAreCountedByVersionAndErrorAndTheirPhasesAddUp() throws Exception {
        // Given
        work.create("payments", 1);
        long before = Math.max(0, beans.count(REQUESTS + "RequestsPerSec,request=Produce,version=13"));
        long timed = beans.count(REQUESTS + "TotalTimeMs,request=Produce");
        long noError = Math.max(0, beans.count(REQUESTS + "ErrorsPerSec,request=Produce,error=NONE"));

        // When
        work.produce("payments", 0, 5);

        // Then
        awaitCount(REQUESTS + "RequestsPerSec,request=Produce,version=13", before + 5);
        awaitCount(REQUESTS + "ErrorsPerSec,request=Produce,error=NONE", noError + 5);
        awaitCount(REQUESTS + "TotalTimeMs,request=Produce", timed + 5);
        double phases = 0;
        for (String phase : new String[] {"RequestQueue", "Local", "Remote", "ResponseQueue", "ResponseSend"}) {
            phases += (double) beans.attribute(REQUESTS + phase + "TimeMs,request=Produce", "Mean");
        }
        double total = (double) beans.attribute(REQUESTS + "TotalTimeMs,request=Produce", "Mean");
        assertThat(total).isPositive();
        assertThat(phases).isBetween(total - 0.005, total + 0.001); // each phase is cut to whole microseconds
    }

    @Test
    void beansOfATopicVanishWithIt() throws Exception {
        // Given
        work.create("short-lived", 1);
        work.produce("short-lived", 0, 1);
        String topicBean = TOPICS + "MessagesInPerSec,topic=short-lived";
        String logBean = "kafka.log:type=Log,name=Size,topic=short-lived,partition=0";
        Await.until("beans of the topic", LIMIT, () -> beans.exists(topicBean) && beans.exists(logBean));

        // When
        work.delete("short-lived");

        // Then
        Await.until("no beans of the topic", LIMIT, () -> !beans.exists(topicBean) && !beans.exists(logBean));
        assertThat(beans.names()).noneMatch(name -> name.contains("short-lived"));
    }

    @Test
    void aTopicMadeAgainCountsFromZero() throws Exception {
        // Given
        String name = TOPICS + "MessagesInPerSec,topic=again";
        work.create("again", 1);
        work.produce("again", 0, 4);
        awaitCount(name, 4);

        // When
        work.delete("again");
        work.create("again", 1);
        work.produce("again", 0, 1);

        // Then
        awaitCount(name, 1);
    }

    @Test
    void theBrokerSaysWhatItLeadsAndThatNothingIsWrong() throws Exception {
        // Given
        work.create("led", 3);

        // When
        work.produce("led", 2, 1);

        // Then
        Await.until("leads them", LIMIT, () -> beans.exists("kafka.cluster:type=Partition,name=ReplicasCount,topic=led,partition=2"));
        assertThat(beans.value("kafka.server:type=KafkaServer,name=BrokerState")).isEqualTo(3);
        assertThat(beans.value("kafka.server:type=ReplicaManager,name=LeaderCount")).isGreaterThanOrEqualTo(3);
        assertThat(beans.value("kafka.server:type=ReplicaManager,name=PartitionCount"))
                .isEqualTo(beans.value("kafka.controller:type=KafkaController,name=GlobalPartitionCount"));
        for (String zero : new String[] {
            "UnderReplicatedPartitions", "UnderMinIsrPartitionCount", "OfflineReplicaCount"
        }) {
            assertThat(beans.value("kafka.server:type=ReplicaManager,name=" + zero)).as(zero).isZero();
        }
        assertThat(beans.value("kafka.controller:type=KafkaController,name=ActiveControllerCount")).isEqualTo(1);
        assertThat(beans.value("kafka.controller:type=KafkaController,name=ActiveBrokerCount")).isEqualTo(1);
        assertThat(beans.value("kafka.cluster:type=Partition,name=InSyncReplicasCount,topic=led,partition=2")).isEqualTo(1);
        assertThat(beans.attribute("kafka.server:type=raft-metrics", "current-state")).isEqualTo("leader");
        double idle = ((Number) beans.attribute("kafka.network:type=SocketServer,name=NetworkProcessorAvgIdlePercent", "Value")).doubleValue();
        assertThat(idle).isBetween(0.0, 1.0);
    }

    @Test
    void aGroupIsCountedInItsState() throws Exception {
        // Given
        work.create("grouped", 1);
        work.produce("grouped", 0, 2);

        // When
        work.consumeInGroup("readers", "grouped", 2);

        // Then
        String groups = "kafka.coordinator.group:type=GroupMetadataManager,name=";
        Await.until("an empty group", LIMIT, () -> beans.value(groups + "NumGroupsEmpty") == 1);
        assertThat(beans.value(groups + "NumGroups")).isEqualTo(1);
        assertThat(beans.value(groups + "NumGroupsStable")).isZero();
    }

    @Test
    void aSecondBrokerOfThisJvmHasItsOwnBeanServer(@TempDir Path other) throws Exception {
        // Given
        work.create("first-only", 1);
        work.produce("first-only", 0, 1);

        // When
        try (SampoBroker second = SampoBroker.start(onFreePorts(other))) {
            var itsBeans = new Beans(Objects.requireNonNull(second.beanServer()));
            var itsWork = new ExactWork(second.bootstrapServers());
            itsWork.create("second-only", 1);
            itsWork.produce("second-only", 0, 2);

            // Then
            String name = TOPICS + "MessagesInPerSec,topic=second-only";
            Await.until("counted by the second", LIMIT, () -> itsBeans.count(name) == 2);
            assertThat(beans.exists(name)).isFalse();
            assertThat(itsBeans.exists(TOPICS + "MessagesInPerSec,topic=first-only")).isFalse();
        }
    }
}
