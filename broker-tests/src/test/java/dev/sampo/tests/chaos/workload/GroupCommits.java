package dev.sampo.tests.chaos.workload;

import dev.sampo.tests.wire.RawConnection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * Many classic groups of one member each that commit the same growing number for each of their partitions, by raw requests, some hundred
 * groups on one thread. Knows of each group what was acknowledged and what was sent, and holds what is read against it.
 */
public final class GroupCommits implements AutoCloseable {
    private static final short JOIN_VERSION = 3; // one step, no id asked for first
    private static final short SYNC_VERSION = 3;
    private static final short FIND_VERSION = 4;
    private static final short COMMIT_VERSION = 8;
    private static final short FETCH_VERSION = 8;
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(15);
    private static final long PAUSE_NANOS = 10_000_000L;
    private static final long RETRY_NANOS = 100_000_000L;

    private static final class Group {
        private final String id;
        private String memberId = "";
        private int generationId = -1;
        private int coordinator = -1;
        private long sent;
        private long askedNanos;
        private long commitBegunNanos;
        private long checkBegunNanos;
        private volatile long checkedNanos;
        private volatile long acknowledged;
        private volatile long acknowledgedNanos;

        private Group(String id) {
            this.id = id;
        }
    }

    private final Map<Integer, String> brokers;
    private final String topic;
    private final int partitions;
    private volatile Duration pause;
    private final List<Group> groups;
    private final List<Thread> threads = new ArrayList<>();
    private final Queue<String> violations = new ConcurrentLinkedQueue<>();
    private volatile long brokenNanos = System.nanoTime();
    private volatile boolean stopped;

    /**
     * Starts; the groups join when they first can.
     *
     * @param brokers {@code host:port} by id
     * @param pause between two commits of a group
     */
    public GroupCommits(Map<Integer, String> brokers, List<String> groups, String topic, int partitions, int threads, Duration pause) {
        this.brokers = Map.copyOf(brokers);
        this.topic = topic;
        this.partitions = partitions;
        this.pause = pause;
        this.groups = groups.stream().map(Group::new).toList();
        for (int i = 0; i < threads; i++) {
            int number = i;
            List<Group> own = IntStream.range(0, groups.size()).filter(n -> n % threads == number).mapToObj(this.groups::get).toList();
            this.threads.add(Thread.ofPlatform().name("committer " + i).daemon(true).start(() -> new Committer(own).run()));
        }
    }

    /** Another pause between two commits of a group. */
    public void pace(Duration between) {
        pause = between;
    }

    /** From now on each group commits at once, and its offsets are read first: what was sent before does not count. */
    public void broken() {
        brokenNanos = System.nanoTime();
    }

    /** Groups that have been read and have committed since {@link #broken}. */
    public long usable() {
        return groups.stream().filter(this::isUsable).count();
    }

    private boolean isUsable(Group group) {
        return group.acknowledgedNanos > 0 && group.acknowledgedNanos >= brokenNanos && group.checkedNanos >= brokenNanos;
    }

    /** How long after {@code sinceNanos} each group was first usable again, ascending; those that are not are left out. */
    public List<Duration> usableAfter(long sinceNanos) {
        return groups.stream().filter(this::isUsable)
                .map(group -> Duration.ofNanos(Math.max(group.acknowledgedNanos, group.checkedNanos) - sinceNanos)).sorted().toList();
    }

    public long commits() {
        return groups.stream().mapToLong(group -> group.acknowledged).sum();
    }

    /** What must not have happened. */
    public List<String> violations() {
        return List.copyOf(violations);
    }

    /** Ends all; what was sent before is acknowledged or not. */
    @Override
    public void close() {
        stopped = true;
        for (Thread thread : threads) {
            try {
                thread.join(ANSWER_LIMIT.plusSeconds(5));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    /** One thread with its groups and its connections. */
    private final class Committer {
        private record Sent(Group group, short apiKey, short version) {}

        private final List<Group> own;
        private final Map<Integer, RawConnection> connections = new HashMap<>();
        private int nextBroker;

        private Committer(List<Group> own) {
            this.own = own;
        }

        private void run() {
            try {
                while (!stopped) {
                    find(own.stream().filter(group -> group.coordinator < 0 && System.nanoTime() - group.askedNanos >= RETRY_NANOS).toList());
                    Map<Integer, List<Group>> due = own.stream().filter(group -> group.coordinator >= 0 && isDue(group))
                            .collect(Collectors.groupingBy(group -> group.coordinator));
                    due.forEach(this::round);
                    if (due.isEmpty()) {
                        LockSupport.parkNanos(PAUSE_NANOS);
                    }
                }
            } catch (RuntimeException e) {
                violations.add("a committer ended: " + e);
            } finally {
                connections.values().forEach(Committer::close);
            }
        }

        /** Once broken, as soon as can be, then with the back-off of real clients. */
        private boolean isDue(Group group) {
            long age = System.nanoTime() - group.commitBegunNanos;
            return group.commitBegunNanos < brokenNanos || age >= (group.acknowledgedNanos < brokenNanos ? RETRY_NANOS : pause.toNanos());
        }

        private RawConnection connection(int broker) throws IOException {
            RawConnection known = connections.get(broker);
            if (known == null) {
                String[] address = brokers.get(broker).split(":", -1);
                known = RawConnection.open(address[0], Integer.parseInt(address[1]), ANSWER_LIMIT);
                connections.put(broker, known);
            }
            return known;
        }

        private static void close(RawConnection connection) {
            try {
                connection.close();
            } catch (IOException e) {
                // it is gone either way
            }
        }

        private void lost(int broker) {
            RawConnection connection = connections.remove(broker);
            if (connection != null) {
                close(connection);
            }
            own.stream().filter(group -> group.coordinator == broker).forEach(group -> {
                group.coordinator = -1;
                group.askedNanos = 0;
            });
        }

        private void find(List<Group> unknown) {
            if (unknown.isEmpty()) {
                return;
            }
            unknown.forEach(group -> group.askedNanos = System.nanoTime());
            List<Integer> ids = brokers.keySet().stream().sorted().toList();
            int broker = ids.get(nextBroker++ % ids.size());
            try {
                var request = new FindCoordinatorRequestData().setCoordinatorKeys(unknown.stream().map(group -> group.id).toList());
                var answer = (FindCoordinatorResponseData) connection(broker).ask(FIND_VERSION, request);
                var byGroup = answer.coordinators().stream().collect(Collectors.toMap(FindCoordinatorResponseData.Coordinator::key, found -> found));
                for (Group group : unknown) {
                    var found = byGroup.get(group.id);
                    group.coordinator = found == null || found.errorCode() != 0 ? -1 : found.nodeId();
                }
            } catch (IOException e) {
                lost(broker);
                unknown.forEach(group -> group.askedNanos = 0); // the next broker knows more
            }
        }

        private void round(int broker, List<Group> due) {
            try {
                RawConnection connection = connection(broker);
                for (Group group : due) {
                    if (group.generationId < 0) {
                        join(connection, group);
                    }
                }
                var sent = new ArrayList<Sent>();
                for (Group group : due) {
                    if (group.generationId >= 0) {
                        if (group.checkedNanos < brokenNanos) {
                            send(connection, sent, group, FETCH_VERSION, fetchRequest(group));
                            group.checkBegunNanos = System.nanoTime();
                        }
                        group.sent++;
                        group.commitBegunNanos = System.nanoTime();
                        send(connection, sent, group, COMMIT_VERSION, commitRequest(group));
                    }
                }
                for (Sent request : sent) {
                    switch (connection.receive(request.apiKey, request.version)) {
                        case OffsetFetchResponseData read -> onFetched(request.group, read.groups().getFirst());
                        case OffsetCommitResponseData committed -> onCommitted(request.group, committed);
                        default -> throw new IllegalStateException("another answer");
                    }
                }
            } catch (IOException e) {
                lost(broker);
            }
        }

        private static void send(RawConnection connection, List<Sent> sent, Group group, short version, org.apache.kafka.common.protocol.ApiMessage request)
                throws IOException {
            connection.send(version, request);
            sent.add(new Sent(group, request.apiKey(), version));
        }

        private void join(RawConnection connection, Group group) throws IOException {
            var join = new JoinGroupRequestData().setGroupId(group.id).setSessionTimeoutMs(60_000).setRebalanceTimeoutMs(60_000)
                    .setMemberId(group.memberId).setProtocolType("consumer");
            join.protocols().add(new JoinGroupRequestProtocol().setName("range").setMetadata(new byte[] {0, 0}));
            var joined = (JoinGroupResponseData) connection.ask(JOIN_VERSION, join);
            if (joined.errorCode() != 0) {
                onError(group, joined.errorCode(), "join");
                return;
            }
            var sync = new SyncGroupRequestData().setGroupId(group.id).setGenerationId(joined.generationId()).setMemberId(joined.memberId());
            sync.assignments().add(new SyncGroupRequestAssignment().setMemberId(joined.memberId())
                    .setAssignment(topic.getBytes(StandardCharsets.UTF_8)));
            var synced = (SyncGroupResponseData) connection.ask(SYNC_VERSION, sync);
            if (synced.errorCode() == 0) {
                group.memberId = joined.memberId();
                group.generationId = joined.generationId();
            } else {
                onError(group, synced.errorCode(), "sync");
            }
        }

        private OffsetFetchRequestData fetchRequest(Group group) {
            var ask = new OffsetFetchRequestGroup().setGroupId(group.id).setTopics(List.of(new OffsetFetchRequestTopics().setName(topic)
                    .setPartitionIndexes(IntStream.range(0, partitions).boxed().toList())));
            return new OffsetFetchRequestData().setGroups(List.of(ask)).setRequireStable(true);
        }

        private OffsetCommitRequestData commitRequest(Group group) {
            return new OffsetCommitRequestData().setGroupId(group.id).setMemberId(group.memberId)
                    .setGenerationIdOrMemberEpoch(group.generationId)
                    .setTopics(List.of(new OffsetCommitRequestTopic().setName(topic).setPartitions(IntStream.range(0, partitions)
                            .mapToObj(partition -> new OffsetCommitRequestPartition().setPartitionIndex(partition).setCommittedOffset(group.sent))
                            .toList())));
        }

        private void onFetched(Group group, OffsetFetchResponseGroup answer) {
            short error = answer.errorCode();
            for (var partition : answer.topics().stream().flatMap(read -> read.partitions().stream()).toList()) {
                error = error == 0 ? partition.errorCode() : error;
                long committed = partition.committedOffset();
                long least = group.acknowledged == 0 ? -1 : group.acknowledged;
                if (error == 0 && (committed < least || committed > group.sent)) {
                    violations.add("group " + group.id + " reads offset " + committed + " of partition " + partition.partitionIndex()
                            + ", acknowledged was " + group.acknowledged + ", sent " + group.sent);
                }
            }
            if (error != 0) {
                onError(group, error, "fetch");
            } else if (group.checkBegunNanos >= brokenNanos) {
                group.checkedNanos = System.nanoTime();
            }
        }

        private void onCommitted(Group group, OffsetCommitResponseData answer) {
            short error = answer.topics().getFirst().partitions().stream().map(partition -> partition.errorCode())
                    .filter(code -> code != 0).findFirst().orElse((short) 0);
            if (error != 0) {
                onError(group, error, "commit");
            } else {
                group.acknowledged = group.sent;
                if (group.acknowledgedNanos < brokenNanos && group.commitBegunNanos >= brokenNanos || group.acknowledgedNanos == 0) {
                    group.acknowledgedNanos = System.nanoTime();
                }
            }
        }

        private void onError(Group group, short code, String what) {
            switch (Errors.forCode(code)) {
                case NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE, REQUEST_TIMED_OUT, NOT_ENOUGH_REPLICAS -> group.coordinator = -1;
                case COORDINATOR_LOAD_IN_PROGRESS, UNSTABLE_OFFSET_COMMIT -> { } // asked again
                default -> violations.add("group " + group.id + ": " + what + " answered " + Errors.forCode(code));
            }
        }
    }
}
