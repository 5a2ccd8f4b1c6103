package dev.sampo.tests.oracle;

import java.util.List;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;

import static dev.sampo.tests.oracle.Catalogue.name;

/** ApiVersions, DescribeCluster, FindCoordinator, InitProducerId; also brings up the group coordinator for the parts after it. */
final class ClusterRequests {
    private final OracleRun run;

    ClusterRequests(OracleRun run) {
        this.run = run;
    }

    void run() {
        apiVersions();
        describeCluster();
        findCoordinator();
        initProducerId();
    }

    private void apiVersions() {
        for (int version = 0; version <= 5; version++) {
            run.call(name("api-versions", version, "plain"), version, new ApiVersionsRequestData()
                    .setClientSoftwareName("oracle").setClientSoftwareVersion("1.0"));
        }
        for (int version = 3; version <= 5; version++) {
            run.call(name("api-versions", version, "software-name-with-space"), version, new ApiVersionsRequestData()
                    .setClientSoftwareName("an oracle").setClientSoftwareVersion("1.0"));
            run.call(name("api-versions", version, "software-name-empty"), version, new ApiVersionsRequestData()
                    .setClientSoftwareName("").setClientSoftwareVersion("1.0"));
            run.call(name("api-versions", version, "software-version-ends-with-dot"), version, new ApiVersionsRequestData()
                    .setClientSoftwareName("oracle").setClientSoftwareVersion("1."));
        }
        run.call("api-versions.v05.other-cluster", 5, new ApiVersionsRequestData()
                .setClientSoftwareName("oracle").setClientSoftwareVersion("1.0").setClusterId("another-cluster").setNodeId(1));
        run.call("api-versions.v05.other-node", 5, new ApiVersionsRequestData()
                .setClientSoftwareName("oracle").setClientSoftwareVersion("1.0").setNodeId(77));
    }

    private void describeCluster() {
        for (int version = 0; version <= 2; version++) {
            run.call(name("describe-cluster", version, "plain"), version, new DescribeClusterRequestData());
            run.call(name("describe-cluster", version, "authorized-operations"), version,
                    new DescribeClusterRequestData().setIncludeClusterAuthorizedOperations(true));
            if (version >= 1) {
                run.call(name("describe-cluster", version, "controllers"), version, new DescribeClusterRequestData().setEndpointType((byte) 2));
                run.call(name("describe-cluster", version, "unknown-endpoint-type"), version, new DescribeClusterRequestData().setEndpointType((byte) 9));
            }
        }
        run.call("describe-cluster.v02.fenced-too", 2, new DescribeClusterRequestData().setIncludeFencedBrokers(true));
    }

    private void findCoordinator() {
        run.await(() -> {
            FindCoordinatorResponseData found = run.ask(4, coordinator(4, 0, "a-group", "a", "b", "c", ""));
            return found.coordinators().size() == 5 && found.coordinators().stream().allMatch(each -> each.errorCode() == 0 && each.nodeId() >= 0 && !each.host().isEmpty());
        });
        for (int version = 0; version <= 6; version++) {
            run.call(name("find-coordinator", version, "group"), version, coordinator(version, 0, "a-group"));
            if (version >= 1) {
                run.call(name("find-coordinator", version, "unknown-key-type"), version, coordinator(version, 9, "a-group"));
            }
            if (version >= 4) {
                run.call(name("find-coordinator", version, "three-groups"), version, coordinator(version, 0, "a", "b", "c"));
                run.call(name("find-coordinator", version, "no-keys"), version, coordinator(version, 0));
            }
            run.call(name("find-coordinator", version, "empty-group"), version, coordinator(version, 0, ""));
        }
    }

    private static FindCoordinatorRequestData coordinator(int version, int keyType, String... keys) {
        var request = new FindCoordinatorRequestData().setKeyType((byte) keyType);
        return version >= 4 ? request.setCoordinatorKeys(List.of(keys)) : request.setKey(keys[0]);
    }

    private void initProducerId() {
        run.await(() -> {
            InitProducerIdResponseData ready = run.ask(1, new InitProducerIdRequestData().setTransactionalId(null));
            return ready.errorCode() == 0 && ready.producerId() >= 0;
        });
        for (int version = 0; version <= 5; version++) {
            var request = new InitProducerIdRequestData().setTransactionalId(null).setTransactionTimeoutMs(60_000);
            run.call(name("init-producer-id", version, "empty-transactional-id"), version, request.duplicate().setTransactionalId(""));
            if (version >= 3) {
                run.call(name("init-producer-id", version, "epoch-without-id"), version, request.duplicate().setProducerEpoch((short) 3));
                run.call(name("init-producer-id", version, "id-without-epoch"), version, request.duplicate().setProducerId(1_000_000));
            }
            run.call(name("init-producer-id", version, "idempotent"), version, request);
        }
    }

    /** DescribeLogDirs for one topic. */
    static DescribeLogDirsRequestData logDirs(String topic, Integer... partitions) {
        return new DescribeLogDirsRequestData().setTopics(new DescribeLogDirsRequestData.DescribableLogDirTopicCollection(List.of(
                new DescribeLogDirsRequestData.DescribableLogDirTopic().setTopic(topic).setPartitions(List.of(partitions))).iterator()));
    }
}
