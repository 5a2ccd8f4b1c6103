package dev.sampo.kafka.handler;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.DataArrived;
import dev.sampo.actors.protocol.Partition.HighWatermarkMoved;
import dev.sampo.actors.protocol.Partition.ReplicaRead;
import dev.sampo.actors.protocol.Partition.ReplicaReadReply;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.kafka.codec.FileSliceRecords;
import dev.sampo.kafka.fetch.FetchSession;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.persistence.log.FileSlice;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.message.FetchRequestData.ReplicaState;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.EpochEndOffset;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * What one broker copies from this one, over one connection. A request costs as much as partitions have changed, not as
 * many as there are: a partition at whose end the follower waits is asked once and answers by itself when there is
 * something, also between two requests. Lives on the connection's loop.
 *
 * <p>In Kafka's session protocol, a partition that a request does not name is wanted as before: one that was answered
 * with records or an error, and is not named since, is read again.
 *
 * <p>A high watermark that moved alone does not hurry: it waits {@value #LINGER_MS} ms for company.
 *
 * @see "KIP-227, KIP-595, KIP-903, KIP-1166"
 */
final class ReplicaSession {
    static final long LINGER_MS = 10;
    private static final int ROUND_GROWTH = 4;

    /** One partition of the session. */
    private static final class Slot {
        final TopicIdPartition id;
        final int index;
        FetchPartition wanted;
        long knownHighWatermark;
        long knownLogStartOffset;
        long highWatermark = -1;
        long logStartOffset = -1;
        KafkaError error = KafkaError.NONE;
        @Nullable ReplicaReadReply answer; // with records, or with a diverging epoch
        boolean fresh = true; // never answered in this session: answered at once, whatever there is
        boolean ready; // in the queue of those to be read
        boolean touched; // in the list of those with news
        boolean again; // was answered, and is read again unless the request names it
        long question; // number of the request that asked its leader and had no answer yet, 0 for none

        Slot(TopicIdPartition id, int index, FetchPartition wanted) {
            this.id = id;
            this.index = index;
            this.wanted = wanted;
        }

        int sizeBytes() {
            return answer == null || answer.records() == null ? 0 : answer.records().sizeBytes();
        }

        void drop() {
            if (answer != null && answer.records() != null) {
                answer.records().release();
            }
            answer = null;
            error = KafkaError.NONE;
        }

        boolean hasNews() {
            return fresh || urgent() || highWatermark > knownHighWatermark || logStartOffset > knownLogStartOffset;
        }

        boolean urgent() {
            return answer != null || error != KafkaError.NONE;
        }
    }

    private final ClusterView cluster;
    private final PartitionRegistry registry;
    private final FetchSettings settings;
    private final ActorRef<Partition.Reply> replyTo;
    private final Map<TopicIdPartition, Slot> slots = new HashMap<>();
    private final List<@Nullable Slot> byIndex = new ArrayList<>();
    private final ArrayDeque<Slot> ready = new ArrayDeque<>();
    private final List<Slot> touched = new ArrayList<>();
    private final List<Slot> again = new ArrayList<>();
    private final List<Slot> asked = new ArrayList<>();
    private long channel;
    private int firstIndex; // of byIndex: grows, so that answers to an earlier session find nobody
    private int sessionId;
    private int epoch;
    private int brokerId = -1;
    private long incarnation = -1;
    private @Nullable Exchange waiting;
    private long requests;
    private int pending;
    private int roundSize;
    private int maxBytes;
    private int minBytes;
    private long heldBytes;
    private boolean asking;
    private boolean urgent;
    private boolean full; // nothing more fits
    private boolean due; // the time of the request, or of what lingers, is over
    private boolean lingers;
    private boolean soon;

    private ReplicaSession(
            ClusterView cluster, PartitionRegistry registry, FetchSettings settings, ActorRef<Partition.Reply> replyTo) {
        this.cluster = cluster;
        this.registry = registry;
        this.settings = settings;
        this.replyTo = replyTo;
    }

    /** For a connection, that of the exchange. */
    static ReplicaSession open(
            Exchange exchange, ClusterView cluster, PartitionRegistry registry, FetchSettings settings,
            Runnable closed) {
        var session = new ReplicaSession(cluster, registry, settings, exchange.replyTo());
        session.channel = exchange.openChannel(session::onReply, () -> {
            session.clear();
            closed.run();
        });
        return session;
    }

    /** Begins anew; {@code newId} is 0 for a request that wants no session. */
    void restart(ReplicaState replica, int newId) {
        answer();
        clear();
        sessionId = newId;
        epoch = newId == 0 ? FetchSession.FINAL_EPOCH : FetchSession.INITIAL_EPOCH + 1;
        brokerId = replica.replicaId();
        incarnation = replica.replicaEpoch();
    }

    /** An incremental request: NONE, or why it is refused. */
    KafkaError next(FetchRequestData request) {
        ReplicaState replica = request.replicaState();
        if (request.sessionId() != sessionId || sessionId == 0 || replica.replicaId() != brokerId
                || replica.replicaEpoch() != incarnation) {
            return KafkaError.FETCH_SESSION_ID_NOT_FOUND;
        }
        if (request.sessionEpoch() != epoch) {
            return KafkaError.INVALID_FETCH_SESSION_EPOCH;
        }
        epoch = FetchSession.nextEpoch(epoch);
        return KafkaError.NONE;
    }

    /** Serves the request that {@link #restart} or {@link #next} has let in. */
    void fetch(Exchange exchange, FetchRequestData request) {
        answer(); // if a request is still there, its sender does not wait for it any more
        waiting = exchange;
        requests++;
        pending = 0;
        roundSize = 0;
        urgent = false;
        full = false;
        due = false;
        lingers = false;
        soon = false;
        asked.clear();
        maxBytes = Math.clamp(request.maxBytes(), 0, settings.maxBytes());
        minBytes = Math.min(request.minBytes(), maxBytes);
        take(request);
        exchange.onClosed(() -> waiting = null);
        int maxWaitMs = Math.clamp(request.maxWaitMs(), 0, settings.maxWaitMs());
        long number = requests;
        exchange.schedule(maxWaitMs, () -> expire(number));
        for (Slot slot : touched) {
            urgent |= slot.urgent();
        }
        proceed();
    }

    private void take(FetchRequestData request) {
        for (FetchTopic topic : request.topics()) {
            for (FetchPartition wanted : topic.partitions()) {
                var id = new TopicIdPartition(topic.topicId(), wanted.partition());
                Slot slot = slots.get(id);
                if (slot == null) {
                    slot = new Slot(id, firstIndex + byIndex.size(), wanted);
                    slots.put(id, slot);
                    byIndex.add(slot);
                }
                slot.wanted = wanted;
                // The leader's own figure when the follower does not say what it knows.
                slot.knownHighWatermark = wanted.highWatermark() == Long.MAX_VALUE
                        ? slot.highWatermark
                        : wanted.highWatermark();
                slot.again = false;
                drop(slot);
                enqueue(slot);
            }
        }
        for (ForgottenTopic topic : request.forgottenTopicsData()) {
            for (int partition : topic.partitions()) {
                Slot slot = slots.remove(new TopicIdPartition(topic.topicId(), partition));
                if (slot != null) {
                    drop(slot);
                    byIndex.set(slot.index - firstIndex, null);
                }
            }
        }
        for (Slot slot : again) {
            if (slot.again) {
                slot.again = false;
                enqueue(slot);
            }
        }
        again.clear();
    }

    private boolean present(Slot slot) {
        int place = slot.index - firstIndex;
        return place >= 0 && place < byIndex.size() && byIndex.get(place) == slot;
    }

    private void enqueue(Slot slot) {
        if (!slot.ready) {
            slot.ready = true;
            ready.add(slot);
        }
    }

    private void touch(Slot slot) {
        if (!slot.touched) {
            slot.touched = true;
            touched.add(slot);
        }
    }

    /** Goes on when every question of this request is answered. */
    private void proceed() {
        while (waiting != null && pending == 0 && !asking) {
            trim();
            if (!ready.isEmpty() && !full && heldBytes < maxBytes) {
                ask();
            } else if (urgent || due || (heldBytes > 0 && heldBytes >= minBytes)) {
                answer();
            } else {
                linger();
                return; // partitions answer by themselves, or the time goes on
            }
        }
    }

    /**
     * The next of those that are to be read: first as many as fill the answer if each gives all it may, then more and more,
     * since most have little.
     */
    private void ask() {
        asking = true;
        long budget = maxBytes - heldBytes;
        int most = roundSize * ROUND_GROWTH;
        for (int count = 0; !ready.isEmpty() && (budget > 0 || count < most); count++) {
            Slot slot = ready.remove();
            slot.ready = false;
            if (present(slot)) {
                int limit = Math.clamp(slot.wanted.partitionMaxBytes(), 0, maxBytes);
                budget -= limit;
                ask(slot, limit);
            }
            roundSize = Math.max(roundSize, count + 1);
        }
        asking = false;
    }

    private void ask(Slot slot, int limit) {
        PartitionRegistry.Entry entry = registry.find(slot.id);
        if (entry == null) {
            boolean known = cluster.image().topic(slot.id.topicId()) != null;
            fail(slot, known ? KafkaError.NOT_LEADER_OR_FOLLOWER : KafkaError.UNKNOWN_TOPIC_ID);
            return;
        }
        slot.question = requests;
        asked.add(slot);
        pending++;
        FetchPartition wanted = slot.wanted;
        entry.leader().tell(new ReplicaRead(
                channel, slot.index, brokerId, incarnation, wanted.fetchOffset(), limit, wanted.currentLeaderEpoch(),
                wanted.lastFetchedEpoch(), wanted.logStartOffset(), true, true, replyTo));
    }

    private void fail(Slot slot, KafkaError error) {
        drop(slot);
        slot.error = error;
        urgent = true;
        touch(slot);
    }

    private void onReply(Partition.Reply reply) {
        int place = reply.index() - firstIndex;
        Slot slot = place >= 0 && place < byIndex.size() ? byIndex.get(place) : null;
        switch (reply) {
            case ReplicaReadReply read -> onRead(slot, read);
            case DataArrived arrived -> {
                if (slot != null) {
                    enqueue(slot);
                }
            }
            case HighWatermarkMoved(long channelId, int index, long highWatermark) -> {
                if (slot != null && highWatermark > slot.highWatermark) {
                    slot.highWatermark = highWatermark;
                    touch(slot);
                }
            }
            default -> throw new IllegalStateException("a replica's fetch got " + reply);
        }
        proceed();
    }

    private void onRead(@Nullable Slot slot, ReplicaReadReply read) {
        FileSlice records = read.records();
        if (slot == null || read.fetchOffset() != slot.wanted.fetchOffset()) { // of an earlier request
            if (records != null) {
                records.release();
            }
            answered(slot);
            return;
        }
        boolean byItself = slot.question == 0;
        answered(slot);
        drop(slot);
        slot.error = read.error();
        if (read.error() == KafkaError.NONE) {
            slot.highWatermark = read.highWatermark();
        }
        slot.logStartOffset = read.logStartOffset();
        if (records != null || read.divergingEpoch() >= 0 || read.error() != KafkaError.NONE) {
            slot.answer = read;
            heldBytes += slot.sizeBytes();
            if (byItself && slots.size() > 1) {
                soon(); // others may have news in the same turn
            } else {
                urgent = true;
            }
        }
        if (slot.hasNews()) {
            urgent |= slot.fresh;
            touch(slot);
        }
    }

    private void answered(@Nullable Slot slot) {
        if (slot != null && slot.question != 0) {
            if (slot.question == requests && pending > 0) {
                pending--;
            }
            slot.question = 0;
        }
    }

    private void soon() {
        Exchange exchange = waiting;
        if (exchange == null) {
            urgent = true;
        } else if (!soon) {
            soon = true;
            long number = requests;
            exchange.schedule(0, () -> {
                if (number == requests) {
                    urgent = true;
                    proceed();
                }
            });
        }
    }

    private void linger() {
        Exchange exchange = waiting;
        if (!lingers && exchange != null && !touched.isEmpty()) {
            lingers = true;
            long number = requests;
            exchange.schedule(LINGER_MS, () -> {
                if (number == requests) {
                    due = true;
                    proceed();
                }
            });
        }
    }

    private void expire(long number) {
        if (number != requests || waiting == null) {
            return;
        }
        for (Slot slot : asked) {
            if (slot.question == number && present(slot)) {
                slot.question = 0;
                enqueue(slot); // its leader is slow, or gone without a word
            }
        }
        pending = 0;
        answer();
    }

    /** What is too much for one answer is read again for the next. The first is never too much. */
    private void trim() {
        if (heldBytes <= maxBytes) {
            return;
        }
        full = true;
        long used = 0;
        for (Slot slot : touched) {
            int size = slot.sizeBytes();
            if (size > 0 && used > 0 && used + size > maxBytes) {
                drop(slot);
                enqueue(slot);
            } else {
                used += size;
            }
        }
        urgent = true;
    }

    private void answer() {
        Exchange exchange = waiting;
        if (exchange == null) {
            return;
        }
        waiting = null;
        var response = new FetchResponseData().setSessionId(sessionId);
        FetchableTopicResponse topic = null;
        for (Slot slot : touched) {
            slot.touched = false;
            if (present(slot) && slot.hasNews()) {
                if (topic == null || !topic.topicId().equals(slot.id.topicId())) {
                    topic = new FetchableTopicResponse().setTopicId(slot.id.topicId());
                    response.responses().add(topic);
                }
                topic.partitions().add(toData(slot));
            }
        }
        touched.clear();
        if (sessionId == 0) {
            clear();
        }
        exchange.respond(response);
    }

    private PartitionData toData(Slot slot) {
        var data = new PartitionData()
                .setPartitionIndex(slot.id.partition())
                .setErrorCode(slot.error.code())
                .setHighWatermark(slot.highWatermark)
                .setLogStartOffset(slot.logStartOffset)
                .setAbortedTransactions(null)
                .setRecords(MemoryRecords.EMPTY);
        ReplicaReadReply reply = slot.answer;
        if (slot.urgent()) {
            slot.again = true;
            again.add(slot);
        }
        if (slot.error == KafkaError.NOT_LEADER_OR_FOLLOWER || slot.error == KafkaError.FENCED_LEADER_EPOCH) {
            data.setCurrentLeader(leader(slot.id));
        }
        if (reply != null && reply.divergingEpoch() >= 0) {
            data.setDivergingEpoch(
                    new EpochEndOffset().setEpoch(reply.divergingEpoch()).setEndOffset(reply.divergingEndOffset()));
        }
        if (reply != null && reply.records() != null) {
            heldBytes -= slot.sizeBytes();
            data.setRecords(new FileSliceRecords(reply.records())); // belongs to the response from here on
        }
        slot.answer = null;
        slot.error = KafkaError.NONE;
        slot.fresh = false;
        slot.knownHighWatermark = slot.highWatermark;
        slot.knownLogStartOffset = slot.logStartOffset;
        return data;
    }

    private LeaderIdAndEpoch leader(TopicIdPartition id) {
        MetadataImage image = cluster.image();
        MetadataImage.Topic topic = image.topic(id.topicId());
        if (topic == null || !ClusterView.hasPartition(topic, id.partition())) {
            return new LeaderIdAndEpoch();
        }
        MetadataImage.PlacementGroup group = image.groupOf(topic, id.partition());
        return new LeaderIdAndEpoch().setLeaderId(group.leader()).setLeaderEpoch(group.leaderEpoch());
    }

    private void drop(Slot slot) {
        heldBytes -= slot.sizeBytes();
        slot.drop();
    }

    private void clear() {
        slots.values().forEach(this::drop);
        slots.clear();
        firstIndex += byIndex.size();
        byIndex.clear();
        ready.clear();
        touched.clear();
        again.clear();
        asked.clear();
        waiting = null;
        heldBytes = 0;
    }
}
