package dev.sampo.kafka.handler;

import dev.sampo.actors.model.Acks;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.AppendReply;
import dev.sampo.actors.protocol.Partition.RecordError;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.kafka.handler.ClusterView.Node;
import dev.sampo.kafka.handler.LeaderHints.Leader;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.message.ProduceResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.ProduceResponseData.NodeEndpoint;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.jspecify.annotations.Nullable;

import static java.util.Objects.requireNonNull;

/** One produce request from its frame to its answer. Lives on the connection's loop. */
final class ProduceInFlight implements Consumer<Partition.Reply> {
    /** How much later than the client's own time-out a partition that does not answer is given up. */
    static final long MARGIN_MS = 5_000;

    private static final int FIRST_VERSION_WITH_TOPIC_IDS = 13;
    private static final int FIRST_VERSION_WITH_LEADER = 10;
    private static final int FIRST_VERSION_WITH_ZSTD = 7;

    private final Exchange exchange;
    private final ClusterView cluster;
    private final MetadataImage image;
    private final PartitionRegistry registry;
    private final ProduceRequestData request;
    private final short version;
    private final ProduceResponseData response = new ProduceResponseData();
    /** By index of the partition in the request; null once answered. */
    private final @Nullable PartitionProduceResponse[] waiting;

    private final TopicIdPartition[] ids;
    private @Nullable LeaderHints hints;
    private int pending;
    private boolean failed;
    private boolean started;

    ProduceInFlight(Exchange exchange, ClusterView cluster, PartitionRegistry registry) {
        this.exchange = exchange;
        this.cluster = cluster;
        this.image = cluster.image();
        this.registry = registry;
        this.request = (ProduceRequestData) exchange.request();
        this.version = exchange.apiVersion();
        int partitions = 0;
        for (TopicProduceData topic : request.topicData()) {
            partitions += topic.partitionData().size();
        }
        waiting = new PartitionProduceResponse[partitions];
        ids = new TopicIdPartition[partitions];
    }

    void start() {
        exchange.onReply(this);
        Set<TopicIdPartition> duplicates = duplicates();
        boolean byId = version >= FIRST_VERSION_WITH_TOPIC_IDS;
        int index = 0;
        for (TopicProduceData topicData : request.topicData()) {
            Topic topic = byId ? image.topic(topicData.topicId()) : image.topic(topicData.name());
            var topicResponse = new TopicProduceResponse().setName(topicData.name()).setTopicId(topicData.topicId());
            response.responses().add(topicResponse);
            for (PartitionProduceData data : topicData.partitionData()) {
                var answer = new PartitionProduceResponse().setIndex(data.index()).setBaseOffset(-1);
                topicResponse.partitionResponses().add(answer);
                append(index++, topic, byId, data, answer, duplicates);
            }
        }
        started = true;
        if (pending == 0) {
            finish(false);
        } else {
            exchange.schedule(Math.max(0, request.timeoutMs()) + MARGIN_MS, this::giveUp);
        }
    }

    private void append(
            int index, @Nullable Topic topic, boolean byId, PartitionProduceData data, PartitionProduceResponse answer,
            Set<TopicIdPartition> duplicates) {
        if (topic == null) {
            refuse(answer, byId ? KafkaError.UNKNOWN_TOPIC_ID : KafkaError.UNKNOWN_TOPIC_OR_PARTITION, null);
            return;
        }
        if (!ClusterView.hasPartition(topic, data.index())) {
            refuse(answer, KafkaError.UNKNOWN_TOPIC_OR_PARTITION, null);
            return;
        }
        var id = new TopicIdPartition(topic.id(), data.index());
        if (duplicates.contains(id)) {
            refuse(answer, KafkaError.INVALID_REQUEST, "The request names this partition more than once.");
            return;
        }
        ByteBuffer records = records(data.records());
        if (!validBatch(records, answer)) {
            return;
        }
        Acks acks = Acks.forWire(request.acks());
        if (acks == null) {
            refuse(answer, KafkaError.INVALID_REQUIRED_ACKS, null);
            return;
        }
        if (topic.internal()) {
            refuse(answer, KafkaError.INVALID_TOPIC_EXCEPTION, null);
            return;
        }
        PartitionRegistry.Entry entry = registry.find(id);
        if (entry == null) {
            refuse(answer, KafkaError.NOT_LEADER_OR_FOLLOWER, null);
            hint(id, answer);
            return;
        }
        ids[index] = id;
        waiting[index] = answer;
        pending++;
        entry.leader()
                .tell(new Partition.Append(
                        exchange.requestId(), index, requireNonNull(records), acks,
                        Partition.Origin.CLIENT, exchange.replyTo()));
    }

    /** What Kafka checks before it looks for the leader; the rest of the batch is the partition's to check. */
    private boolean validBatch(@Nullable ByteBuffer records, PartitionProduceResponse answer) {
        if (records == null || !BatchHeader.complete(records)) {
            refuse(answer, KafkaError.INVALID_RECORD, "A partition needs exactly one record batch.");
        } else if (!BatchHeader.knownMagic(records)) {
            refuse(answer, KafkaError.CORRUPT_MESSAGE, "Unknown magic " + BatchHeader.magic(records) + ".");
        } else if (!BatchHeader.fills(records)) {
            refuse(answer, KafkaError.INVALID_RECORD, "A partition needs exactly one record batch, and all of it.");
        } else if (BatchHeader.magic(records) != BatchHeader.MAGIC_V2) {
            refuse(answer, KafkaError.INVALID_RECORD, "Only record batches with magic 2 are taken.");
        } else if (version < FIRST_VERSION_WITH_ZSTD && BatchHeader.zstd(records)) {
            refuse(answer, KafkaError.UNSUPPORTED_COMPRESSION_TYPE, "zstd needs Produce version 7 or later.");
        } else if (request.transactionalId() != null) {
            refuse(answer, KafkaError.UNSUPPORTED_VERSION, "This broker does not serve transactions: produce without "
                    + "transactional.id.");
        } else if (BatchHeader.transactional(records)) {
            refuse(answer, KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, "A transactional batch needs a "
                    + "transactional id in its request.");
        } else {
            return true;
        }
        return false;
    }

    @Override
    public void accept(Partition.Reply reply) {
        if (!(reply instanceof AppendReply append)) {
            throw new IllegalStateException("produce got " + reply);
        }
        PartitionProduceResponse answer = waiting[append.index()];
        if (answer == null) {
            throw new IllegalStateException("partition " + append.index() + " of the request was answered twice");
        }
        waiting[append.index()] = null;
        pending--;
        answer.setErrorCode(append.error().code())
                .setBaseOffset(append.baseOffset())
                .setLogAppendTimeMs(append.logAppendTimeMs())
                .setLogStartOffset(append.logStartOffset())
                .setErrorMessage(append.errorMessage());
        if (append.error() != KafkaError.NONE) {
            failed = true;
            for (RecordError error : append.recordErrors()) {
                answer.recordErrors()
                        .add(new BatchIndexAndErrorMessage()
                                .setBatchIndex(error.batchIndex())
                                .setBatchIndexErrorMessage(error.message()));
            }
            if (append.error() == KafkaError.NOT_LEADER_OR_FOLLOWER) {
                hint(ids[append.index()], answer);
            }
        }
        if (started && pending == 0) {
            finish(false);
        }
    }

    /** The records may still be appended: the client is told that the outcome is not known. */
    private void giveUp() {
        for (PartitionProduceResponse answer : waiting) {
            if (answer != null) {
                refuse(answer, KafkaError.REQUEST_TIMED_OUT, null);
            }
        }
        finish(true);
    }

    private void finish(boolean keepFrame) {
        if (request.acks() == 0) {
            if (failed) {
                exchange.close("a produce request with acks=0 failed");
            } else {
                exchange.respondNothing();
            }
            return;
        }
        if (hints != null) {
            for (Node node : hints.nodes()) {
                response.nodeEndpoints()
                        .add(new NodeEndpoint()
                                .setNodeId(node.broker().id())
                                .setHost(node.endpoint().host())
                                .setPort(node.endpoint().port())
                                .setRack(node.broker().rack()));
            }
        }
        if (keepFrame) {
            exchange.respondKeepingFrame(response);
        } else {
            exchange.respond(response);
        }
    }

    private void hint(TopicIdPartition id, PartitionProduceResponse answer) {
        if (version < FIRST_VERSION_WITH_LEADER) {
            return;
        }
        if (hints == null) {
            hints = new LeaderHints(cluster.image(), exchange.client().listener());
        }
        Leader leader = hints.leaderOf(id);
        answer.setCurrentLeader(new LeaderIdAndEpoch().setLeaderId(leader.leader()).setLeaderEpoch(leader.epoch()));
    }

    private void refuse(PartitionProduceResponse answer, KafkaError error, @Nullable String message) {
        failed = true;
        answer.setErrorCode(error.code()).setErrorMessage(message);
    }

    /**
     * Partitions named more than once. Kafka appends the last and forgets the others, whose records would be lost without
     * a word; here none is appended.
     */
    private Set<TopicIdPartition> duplicates() {
        if (ids.length < 2) {
            return Set.of();
        }
        boolean byId = version >= FIRST_VERSION_WITH_TOPIC_IDS;
        var seen = HashSet.<TopicIdPartition>newHashSet(ids.length);
        Set<TopicIdPartition> twice = Set.of();
        for (TopicProduceData topicData : request.topicData()) {
            Topic topic = byId ? image.topic(topicData.topicId()) : image.topic(topicData.name());
            for (PartitionProduceData data : topicData.partitionData()) {
                if (topic != null && !seen.add(new TopicIdPartition(topic.id(), data.index()))) {
                    twice = twice.isEmpty() ? new HashSet<>() : twice;
                    twice.add(new TopicIdPartition(topic.id(), data.index()));
                }
            }
        }
        return twice;
    }

    private static @Nullable ByteBuffer records(@Nullable BaseRecords records) {
        if (records == null) {
            return null;
        }
        if (records instanceof MemoryRecords memory) {
            return memory.buffer();
        }
        throw new IllegalStateException("a produce request holds " + records.getClass() + " instead of a view of its frame");
    }
}
