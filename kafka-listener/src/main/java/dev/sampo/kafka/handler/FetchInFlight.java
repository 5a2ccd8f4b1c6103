package dev.sampo.kafka.handler;

import dev.sampo.actors.metrics.TopicMetric;
import dev.sampo.actors.metrics.TopicMetrics;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.DataArrived;
import dev.sampo.actors.protocol.Partition.Read;
import dev.sampo.actors.protocol.Partition.ReadElsewhereReply;
import dev.sampo.actors.protocol.Partition.ReadReply;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.kafka.fetch.FetchContext;
import dev.sampo.kafka.fetch.FetchPartition;
import dev.sampo.kafka.handler.ClusterView.Node;
import dev.sampo.kafka.handler.LeaderHints.Leader;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.FetchResponseData.NodeEndpoint;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.jspecify.annotations.Nullable;

/**
 * One fetch from its request to its answer. Lives on the connection's loop.
 *
 * <p>Rounds: first as many partitions, in order, as the byte budget could hold; then the others with what is left of it.
 * After each round later partitions give up what does not fit, the first non-empty one never (so that a batch larger
 * than every limit still comes through). With too few bytes it waits: partitions tell when there is more, and only those
 * are read again. Every slice is released here or belongs to the response.
 */
final class FetchInFlight implements Consumer<Partition.Reply> {
    /** How long after the client's wait a partition that does not answer is given up. */
    static final long MARGIN_MS = 5_000;

    private static final byte READ_COMMITTED = 1;
    private static final int FIRST_VERSION_WITH_STORAGE_ERROR = 6;
    private static final int FIRST_VERSION_WITH_LEADER = 16;

    private final Exchange exchange;
    private final ClusterView cluster;
    private final PartitionRegistry registry;
    private final FetchContext context;
    private final InstantSource clock;
    private final TopicMetrics metrics;
    private final short version;
    private final boolean readCommitted;
    private final int maxBytes;
    private final int minBytes;
    private final int maxWaitMs;
    private final List<FetchSlot> slots;
    private final @Nullable NearbyReplicas nearby;
    private final BitSet arrived = new BitSet();
    private int nextUnasked;
    private int pending;
    private int totalBytes;
    private boolean sending;
    private boolean mustAnswerNow;
    private boolean expired;
    private boolean finished;

    FetchInFlight(
            Exchange exchange, ClusterView cluster, PartitionRegistry registry, FetchSettings settings,
            FetchContext context, InstantSource clock, TopicMetrics metrics) {
        this.exchange = exchange;
        this.cluster = cluster;
        this.registry = registry;
        this.context = context;
        this.clock = clock;
        this.metrics = metrics;
        var request = (FetchRequestData) exchange.request();
        version = exchange.apiVersion();
        readCommitted = request.isolationLevel() == READ_COMMITTED;
        maxBytes = Math.clamp(request.maxBytes(), 0, settings.maxBytes());
        minBytes = Math.min(request.minBytes(), maxBytes);
        maxWaitMs = Math.clamp(request.maxWaitMs(), 0, settings.maxWaitMs());
        slots = new ArrayList<>(context.partitions().size());
        nearby = NearbyReplicas.of(
                settings.replicaSelector(), cluster.image(), cluster.brokerId(), exchange.client().listener(), version,
                request.rackId());
    }

    void start(boolean consumer) {
        if (!resolve(consumer)) {
            finish();
            return;
        }
        exchange.onReply(this);
        exchange.onClosed(this::close);
        if (maxWaitMs > 0) {
            exchange.schedule(maxWaitMs, this::expire);
        } else {
            expired = true;
            exchange.schedule(MARGIN_MS, this::giveUp);
        }
        askFirst();
        proceed();
    }

    /** Finds who serves the partitions; false when there is nobody to ask. */
    private boolean resolve(boolean consumer) {
        MetadataImage image = cluster.image();
        boolean byId = version >= FetchHandler.FIRST_VERSION_WITH_TOPIC_IDS;
        boolean found = false;
        for (FetchPartition wanted : context.partitions()) {
            var slot = new FetchSlot(wanted);
            slots.add(slot);
            FetchPartition.Key key = wanted.key();
            Topic topic = byId ? image.topic(key.id().topicId()) : image.topic(key.topic());
            if (!consumer) {
                slot.fail(KafkaError.TOPIC_AUTHORIZATION_FAILED);
            } else if (topic == null && byId) {
                slot.fail(KafkaError.UNKNOWN_TOPIC_ID);
            } else if (topic == null || !ClusterView.hasPartition(topic, key.partition())) {
                slot.fail(KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
            } else {
                slot.id = byId ? key.id() : new TopicIdPartition(topic.id(), key.partition());
                slot.meters = metrics.of(topic.id(), topic.name());
                slot.meters.mark(TopicMetric.FETCH_REQUESTS, 1);
                found |= findReader(slot, slot.id);
            }
        }
        return found;
    }

    /** The leader, else a follower that is here; false, and answered, when there is none. */
    private boolean findReader(FetchSlot slot, TopicIdPartition id) {
        PartitionRegistry.Reader reader = registry.find(id);
        if (reader == null && version >= NearbyReplicas.FIRST_VERSION_WITH_RACK) {
            reader = registry.follower(id);
        }
        slot.reader = reader;
        if (reader == null) {
            slot.fail(KafkaError.NOT_LEADER_OR_FOLLOWER);
            mustAnswerNow = true;
            return false;
        }
        return true;
    }

    private void askFirst() {
        sending = true;
        long budget = maxBytes;
        do {
            FetchSlot slot = slots.get(nextUnasked);
            if (slot.reader != null) {
                int limit = (int) Math.min(Math.max(0, slot.wanted.maxBytes()), budget);
                budget -= limit;
                ask(nextUnasked, slot, limit, true);
            }
            nextUnasked++;
        } while (nextUnasked < slots.size() && budget > 0);
        sending = false;
    }

    private void askRest() {
        sending = true;
        int budget = Math.max(0, maxBytes - totalBytes);
        boolean atLeastOneBatch = totalBytes == 0;
        for (; nextUnasked < slots.size(); nextUnasked++) {
            FetchSlot slot = slots.get(nextUnasked);
            if (slot.reader != null) {
                ask(nextUnasked, slot, Math.clamp(slot.wanted.maxBytes(), 0, budget), atLeastOneBatch);
            }
        }
        sending = false;
    }

    private void askArrived() {
        sending = true;
        for (int i = arrived.nextSetBit(0); i >= 0; i = arrived.nextSetBit(i + 1)) {
            FetchSlot slot = slots.get(i);
            slot.watched = false;
            // Who told that something has changed may have stopped since.
            if (slot.id != null && findReader(slot, slot.id)) {
                ask(i, slot, Math.clamp(slot.wanted.maxBytes(), 0, maxBytes), true);
            }
        }
        arrived.clear();
        sending = false;
    }

    private void ask(int index, FetchSlot slot, int limit, boolean atLeastOneBatch) {
        FetchPartition wanted = slot.wanted;
        tell(index, slot, new Read(
                exchange.requestId(), index, wanted.fetchOffset(), limit, wanted.currentLeaderEpoch(),
                wanted.lastFetchedEpoch(), readCommitted, atLeastOneBatch, maxWaitMs > 0,
                nearby == null || slot.id == null ? null : nearby.of(slot.id), exchange.replyTo()));
    }

    /** Partitions that gave some bytes, but fewer than wanted in all, are watched from their visible end on. */
    private void probe() {
        sending = true;
        for (int i = 0; i < slots.size(); i++) {
            FetchSlot slot = slots.get(i);
            if (slot.recordsSizeBytes() > 0 && !slot.watched) {
                slot.probing = true;
                tell(i, slot, new Read(
                        exchange.requestId(), i, slot.visibleEnd(readCommitted), 1, slot.wanted.currentLeaderEpoch(),
                        -1, readCommitted, true, true, exchange.replyTo()));
            }
        }
        sending = false;
    }

    private void tell(int index, FetchSlot slot, Read read) {
        if (slot.reader == null) {
            throw new IllegalStateException("nobody serves partition " + index + " of the request");
        }
        slot.asked = true;
        pending++;
        slot.reader.read(read);
    }

    @Override
    public void accept(Partition.Reply reply) {
        switch (reply) {
            case ReadReply read when finished -> {
                if (read.records() != null) {
                    read.records().release();
                }
            }
            case ReadReply read -> onRead(read);
            case ReadElsewhereReply elsewhere when finished -> {}
            case ReadElsewhereReply elsewhere -> onReadElsewhere(elsewhere);
            case DataArrived(long requestId, int index) -> arrived.set(index);
            default -> throw new IllegalStateException("fetch got " + reply);
        }
        proceed();
    }

    private FetchSlot answered(int index) {
        FetchSlot slot = slots.get(index);
        if (!slot.asked) {
            throw new IllegalStateException("partition " + index + " of the request was answered twice");
        }
        slot.asked = false;
        pending--;
        return slot;
    }

    private void onReadElsewhere(ReadElsewhereReply elsewhere) {
        answered(elsewhere.index()).take(elsewhere);
        mustAnswerNow = true;
    }

    private void onRead(ReadReply read) {
        FetchSlot slot = answered(read.index());
        if (slot.probing) {
            slot.probing = false;
            if (read.records() != null) {
                read.records().release();
            }
            slot.watched = read.records() == null && read.error() == KafkaError.NONE;
            if (!slot.watched) {
                arrived.set(read.index());
            }
            return;
        }
        int before = slot.recordsSizeBytes();
        slot.take(read);
        // A second read that gives no more has come to the end of its segment: more bytes need another request.
        mustAnswerNow |= slot.failed() || slot.diverges() || (before > 0 && slot.recordsSizeBytes() <= before);
    }

    /** Goes on when every question is answered. */
    private void proceed() {
        while (pending == 0 && !finished && !sending) {
            trim();
            if (nextUnasked < slots.size()) {
                askRest();
            } else if (mustAnswerNow || expired || totalBytes >= minBytes) {
                finish();
            } else if (!arrived.isEmpty()) {
                askArrived();
            } else {
                probe();
                if (pending == 0) {
                    return; // every partition is watched: a DataArrived or the time goes on
                }
            }
        }
    }

    private void trim() {
        long left = maxBytes;
        totalBytes = 0;
        for (FetchSlot slot : slots) {
            int size = slot.recordsSizeBytes();
            if (size > 0 && totalBytes > 0 && (size > left || size > slot.wanted.maxBytes())) {
                slot.trim();
                mustAnswerNow = true;
            } else {
                totalBytes += size;
                left -= size;
            }
        }
    }

    private void expire() {
        if (finished) {
            return;
        }
        expired = true;
        if (pending == 0) {
            proceed();
        } else {
            exchange.schedule(MARGIN_MS, this::giveUp);
        }
    }

    private void giveUp() {
        if (finished) {
            return;
        }
        for (FetchSlot slot : slots) {
            if (!slot.answered()) {
                slot.fail(KafkaError.REPLICA_NOT_AVAILABLE); // clients look for the leader again
            }
        }
        trim();
        finish();
    }

    private void close() {
        finished = true;
        slots.forEach(FetchSlot::drop);
    }

    private void finish() {
        finished = true;
        FetchContext.Answer answer = context.finish(slots, clock.millis());
        var response = new FetchResponseData().setErrorCode(answer.error().code()).setSessionId(answer.sessionId());
        LeaderHints hints = null;
        FetchableTopicResponse topic = null;
        BitSet included = answer.included();
        for (int i = included.nextSetBit(0); i >= 0; i = included.nextSetBit(i + 1)) {
            FetchSlot slot = slots.get(i);
            slot.count();
            PartitionData data = slot.toData(version);
            if (version >= FIRST_VERSION_WITH_LEADER && needsLeader(slot)) {
                hints = hints == null ? new LeaderHints(cluster.image(), exchange.client().listener()) : hints;
                hint(hints, slot, data);
            }
            FetchPartition.Key key = slot.wanted.key();
            if (topic == null || !topic.topicId().equals(key.id().topicId()) || !topic.topic().equals(key.topic())) {
                topic = new FetchableTopicResponse().setTopic(key.topic()).setTopicId(key.id().topicId());
                response.responses().add(topic);
            }
            topic.partitions().add(data);
        }
        slots.forEach(FetchSlot::drop);
        addNodes(response, hints);
        exchange.respond(response);
    }

    private static boolean needsLeader(FetchSlot slot) {
        return slot.error() == KafkaError.NOT_LEADER_OR_FOLLOWER || slot.error() == KafkaError.FENCED_LEADER_EPOCH;
    }

    private static void hint(LeaderHints hints, FetchSlot slot, PartitionData data) {
        if (slot.id != null) {
            Leader leader = hints.leaderOf(slot.id);
            data.setCurrentLeader(new LeaderIdAndEpoch().setLeaderId(leader.leader()).setLeaderEpoch(leader.epoch()));
        }
    }

    private static void addNodes(FetchResponseData response, @Nullable LeaderHints hints) {
        if (hints == null) {
            return;
        }
        for (Node node : hints.nodes()) {
            response.nodeEndpoints()
                    .add(new NodeEndpoint()
                            .setNodeId(node.broker().id())
                            .setHost(node.endpoint().host())
                            .setPort(node.endpoint().port())
                            .setRack(node.broker().rack()));
        }
    }

    /** Versions before 6 do not know KAFKA_STORAGE_ERROR. */
    static KafkaError wireError(KafkaError error, short version) {
        return error == KafkaError.KAFKA_STORAGE_ERROR && version < FIRST_VERSION_WITH_STORAGE_ERROR
                ? KafkaError.NOT_LEADER_OR_FOLLOWER
                : error;
    }
}
