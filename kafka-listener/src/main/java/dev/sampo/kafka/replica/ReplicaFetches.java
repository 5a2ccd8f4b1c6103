package dev.sampo.kafka.replica;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.partition.follower.Follower;
import dev.sampo.partition.follower.Follower.Answer;
import dev.sampo.partition.follower.LeaderLink.Position;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.message.FetchRequestData.ReplicaState;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.jspecify.annotations.Nullable;

/**
 * What is fetched from one leader's broker, and the fetch session with it: which positions the next request must name.
 * A position is named once; while nothing comes for it, the session keeps it. A partition without a position (its
 * follower is at work, or pauses) is taken out of the session. Requests of one session are answered in their order. Pure.
 *
 * @param <F> a follower
 * @see "KIP-227"
 */
final class ReplicaFetches<F> {
    private static final int NO_SESSION = 0;
    private static final int INITIAL_EPOCH = 0;
    private static final ByteBuffer NO_RECORDS = ByteBuffer.allocate(0);

    private static final class Entry<F> {
        private final TopicIdPartition id;
        private F follower;
        private @Nullable Position wanted; // null: nothing is to be fetched now
        private @Nullable Position inSession; // as the leader knows it
        private long namedIn; // the number of the request that named it so
        private boolean left; // by its follower; kept until the session has forgotten it

        Entry(TopicIdPartition id, F follower) {
            this.id = id;
            this.follower = follower;
        }
    }

    private final int replicaId;
    private final long replicaEpoch;
    private final ReplicaSettings settings;
    private final Map<TopicIdPartition, Entry<F>> entries = new HashMap<>();
    /** Entries whose wanted position differs from the session's, or that have gone; each once, oldest first. */
    private final LinkedHashMap<TopicIdPartition, Entry<F>> changed = new LinkedHashMap<>();
    private int wantedCount;
    private long requests;
    private long responses; // to the first so many requests; the others are under way
    private int sessionId = NO_SESSION;
    private int sessionEpoch = INITIAL_EPOCH;

    /** {@code replicaEpoch} is the incarnation of this broker. */
    ReplicaFetches(int replicaId, long replicaEpoch, ReplicaSettings settings) {
        this.replicaId = replicaId;
        this.replicaEpoch = replicaEpoch;
        this.settings = settings;
    }

    /** Fetch this from now on, for this follower. */
    void want(F follower, Position position) {
        Entry<F> entry = entries.computeIfAbsent(position.id(), id -> new Entry<>(id, follower));
        entry.follower = follower;
        entry.left = false;
        set(entry, position);
    }

    /** Fetch it no more, unless another follower does by now. */
    void leave(F follower, TopicIdPartition id) {
        Entry<F> entry = entries.get(id);
        if (entry != null && !entry.left && entry.follower.equals(follower)) {
            set(entry, null);
            entry.left = true;
        }
    }

    /** The follower is gone. */
    void leave(F follower) {
        for (Entry<F> entry : List.copyOf(entries.values())) {
            leave(follower, entry.id);
        }
    }

    private void set(Entry<F> entry, @Nullable Position position) {
        wantedCount += (position == null ? 0 : 1) - (entry.wanted == null ? 0 : 1);
        entry.wanted = position;
        changed.put(entry.id, entry);
    }

    /** Whether there is anything to fetch. */
    boolean isWorthARequest() {
        return wantedCount > 0;
    }

    /**
     * Whether a request that waits at the leader should be overtaken: there is a position that it does not know, and a
     * session that both can be part of. The leader then answers the first at once.
     */
    boolean isWorthOvertaking() {
        return sessionId != NO_SESSION && changed.values().stream().anyMatch(entry -> entry.wanted != null);
    }

    /** The next request; {@link #onResponse} or {@link #onDisconnected} ends it. The first of a session is alone. */
    FetchRequestData request() {
        var request = new FetchRequestData()
                .setReplicaState(new ReplicaState().setReplicaId(replicaId).setReplicaEpoch(replicaEpoch))
                .setMaxWaitMs(settings.fetchMaxWaitMs())
                .setMinBytes(1)
                .setMaxBytes(settings.responseMaxBytes())
                .setSessionId(sessionId)
                .setSessionEpoch(sessionEpoch);
        requests++;
        var topics = new LinkedHashMap<Uuid, FetchTopic>();
        if (sessionEpoch == INITIAL_EPOCH) {
            entries.values().removeIf(entry -> entry.left);
            entries.values().forEach(entry -> entry.inSession = null);
            entries.values().forEach(entry -> name(entry, topics));
        } else {
            var forgotten = new LinkedHashMap<Uuid, ForgottenTopic>();
            changed.values().forEach(entry -> {
                if (entry.wanted == null && entry.inSession != null) {
                    entry.inSession = null;
                    forgotten.computeIfAbsent(entry.id.topicId(), id -> new ForgottenTopic().setTopicId(id))
                            .partitions()
                            .add(entry.id.partition());
                }
                if (entry.left) {
                    entries.remove(entry.id);
                }
                name(entry, topics);
            });
            request.setForgottenTopicsData(new ArrayList<>(forgotten.values()));
        }
        changed.clear();
        if (sessionId != NO_SESSION) {
            sessionEpoch = sessionEpoch == Integer.MAX_VALUE ? INITIAL_EPOCH + 1 : sessionEpoch + 1;
        }
        return request.setTopics(new ArrayList<>(topics.values()));
    }

    private void name(Entry<F> entry, Map<Uuid, FetchTopic> topics) {
        Position position = entry.wanted;
        if (position == null || position.equals(entry.inSession)) {
            return;
        }
        entry.inSession = position;
        entry.namedIn = requests;
        topics.computeIfAbsent(entry.id.topicId(), id -> new FetchTopic().setTopicId(id))
                .partitions()
                .add(new FetchRequestData.FetchPartition()
                        .setPartition(entry.id.partition())
                        .setCurrentLeaderEpoch(position.leaderEpoch())
                        .setFetchOffset(position.fetchOffset())
                        .setLastFetchedEpoch(position.lastFetchedEpoch())
                        .setLogStartOffset(position.logStartOffset())
                        .setPartitionMaxBytes(settings.fetchMaxBytes())
                        .setHighWatermark(position.highWatermark()));
    }

    /**
     * The answer to the oldest request that has none: what each follower is to hear. Each partition in it then waits for its
     * next position. A refused session is begun anew with the next request.
     */
    Map<F, List<Answer>> onResponse(FetchResponseData response) {
        responses++;
        if (response.errorCode() != KafkaError.NONE.code()) {
            endSession();
            return Map.of();
        }
        var byFollower = new LinkedHashMap<F, List<Answer>>();
        for (FetchableTopicResponse topic : response.responses()) {
            for (PartitionData data : topic.partitions()) {
                Entry<F> entry = entries.get(new TopicIdPartition(topic.topicId(), data.partitionIndex()));
                Position asked = entry == null ? null : entry.inSession;
                // Else the question is not asked any more, or is one that this answer does not know yet.
                if (entry != null && asked != null && asked.equals(entry.wanted) && entry.namedIn <= responses) {
                    set(entry, null);
                    byFollower.computeIfAbsent(entry.follower, follower -> new ArrayList<>()).add(answer(entry.id, asked, data));
                }
            }
        }
        if (response.sessionId() == NO_SESSION) {
            endSession();
        } else if (sessionId == NO_SESSION) {
            sessionId = response.sessionId();
            sessionEpoch = INITIAL_EPOCH + 1;
        }
        return byFollower;
    }

    private static Answer answer(TopicIdPartition id, Position asked, PartitionData data) {
        ByteBuffer records = data.records() instanceof MemoryRecords memory ? memory.buffer() : NO_RECORDS;
        return new Answer(
                id, asked.leaderEpoch(), asked.fetchOffset(), KafkaError.forCode(data.errorCode()), data.highWatermark(),
                data.logStartOffset(), data.divergingEpoch().epoch(), data.divergingEpoch().endOffset(), records);
    }

    /** The connection is gone, and with it the requests in flight: every position is asked for again. */
    void onDisconnected() {
        responses = requests;
        endSession();
    }

    private void endSession() {
        sessionId = NO_SESSION;
        sessionEpoch = INITIAL_EPOCH;
    }
}
