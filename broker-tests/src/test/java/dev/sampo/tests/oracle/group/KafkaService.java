package dev.sampo.tests.oracle.group;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.internals.LogContext;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRuntime;
import org.apache.kafka.coordinator.group.GroupConfigManager;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorService;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorMetrics;
import org.apache.kafka.server.share.persister.Persister;
import org.apache.kafka.server.util.PartitionMetadataClient;
import org.apache.kafka.server.util.timer.Timer;

/** What Apache's service checks before its shard sees a request; it says so to nobody else. */
final class KafkaService {
    private final GroupCoordinatorService service;
    private final MethodHandle check;

    KafkaService() {
        try {
            var inside = MethodHandles.privateLookupIn(GroupCoordinatorService.class, MethodHandles.lookup());
            MethodHandle make = inside.findConstructor(GroupCoordinatorService.class, MethodType.methodType(
                    void.class, LogContext.class, GroupCoordinatorConfig.class, CoordinatorRuntime.class, GroupCoordinatorMetrics.class,
                    GroupConfigManager.class, Persister.class, Timer.class, PartitionMetadataClient.class, Optional.class, Time.class));
            service = (GroupCoordinatorService) make.invoke(
                    new LogContext(), GroupCoordinatorConfig.fromProps(Map.of()), null, null, null, null, null, null, Optional.empty(),
                    Time.SYSTEM);
            check = inside.findVirtual(
                    GroupCoordinatorService.class, "throwIfConsumerGroupHeartbeatRequestIsInvalid",
                    MethodType.methodType(void.class, ConsumerGroupHeartbeatRequestData.class, int.class));
        } catch (Throwable changed) {
            throw new AssertionError("Kafka's classes have changed", changed);
        }
    }

    /** Throws the exception that Kafka answers with. */
    void check(ConsumerGroupHeartbeatRequestData request, int version) {
        try {
            check.invoke(service, request, version);
        } catch (RuntimeException refused) {
            throw refused;
        } catch (Throwable other) {
            throw new AssertionError(other);
        }
    }
}
