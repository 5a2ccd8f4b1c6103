package dev.sampo.kafka.replica;

import dev.sampo.actors.loop.SelectorLoop;
import dev.sampo.actors.loop.SocketTransport;
import dev.sampo.actors.loop.Transport;
import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.kafka.codec.ClientCodec;
import dev.sampo.kafka.codec.MalformedResponseException;
import dev.sampo.partition.follower.Follower;
import dev.sampo.partition.follower.LeaderLink;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shell of {@link ReplicaFetches}: the connection to one leader's broker. One fetch is in flight, and the next one is sent
 * when every follower has handled what came with the last; a fetch that waits at the leader for records is overtaken when
 * there are partitions that it does not know. Runs on its loop's dispatcher, so that its socket, it and its followers share
 * a thread.
 */
final class ReplicaLinkActor extends AbstractMatchingBehavior<LeaderLink.Command> implements Transport.Owner {
    private static final Logger log = LoggerFactory.getLogger(ReplicaLinkActor.class);
    private static final short FETCH_VERSION = 18;
    private static final short OFFSETS_VERSION = 8; // the first that knows EARLIEST_LOCAL
    private static final short EPOCH_VERSION = 4;
    private static final long EARLIEST_LOCAL = -4;
    private static final int HEADROOM_BYTES = 64 * 1024 * 1024; // above the limit asked for: a first batch may be larger
    private static final int READS_IN_A_ROW = 4;
    private static final long OVERTAKE_AFTER_MS = 5;
    private static final Duration CHECK_INTERVAL = Duration.ofSeconds(1);

    private record Resolved(@Nullable InetSocketAddress address, @Nullable Throwable failure)
            implements LeaderLink.Internal {}

    private record Throttled(ActorRef<Follower.Command> follower, LeaderLink.Position position) {}

    private record Gone(ActorRef<Follower.Command> follower) implements LeaderLink.Internal {}

    private enum Tick implements LeaderLink.Internal {
        CONNECT,
        CHECK,
        THROTTLE
    }

    /** What was sent and not answered yet. */
    private sealed interface Sent permits Fetch, Start, End {}

    private record Fetch(int correlationId) implements Sent {}

    /** The first of two questions for a log's offsets: where it begins. */
    private record Start(int correlationId, LeaderLink.AskOffsets of) implements Sent {}

    /** The second one: where it ends, which is where the leader's own epoch ends. */
    private record End(int correlationId, LeaderLink.AskOffsets of, KafkaError error, long logStartOffset)
            implements Sent {}

    private final ActorRef<LeaderLink.Command> self;
    private final LeaderLink.Peer peer;
    private final SelectorLoop loop;
    private final Executor blocking;
    private final ReplicaSettings settings;
    private final ReplicaFetches<ActorRef<Follower.Command>> fetches;
    private final String clientId;
    private final AnswerBuffer in;
    private final ReplicationThrottle throttle;
    private final Map<TopicIdPartition, Throttled> throttled = new HashMap<>(); // to be fetched when they may
    private final ArrayDeque<Sent> sent = new ArrayDeque<>();
    private final ArrayDeque<LeaderLink.AskOffsets> questions = new ArrayDeque<>();
    private final Set<ActorRef<Follower.Command>> handling = new HashSet<>(); // the last answer
    private final Set<ActorRef<Follower.Command>> watched = new HashSet<>();
    private @Nullable SocketChannel connecting;
    private @Nullable Transport transport;
    private int fetchesSent; // and not answered
    private long fetchSentMs; // the last one
    private boolean overtakePlanned;
    private boolean sendPlanned;
    private boolean answerHeld; // the bytes of the last answer are being handled
    private boolean abandoned; // by a follower that ended while it handled them
    private boolean lost; // the connection that they came by
    private boolean stopped;
    private int nextCorrelationId;
    private long waitingSinceMs;
    private int reconnectMs;
    private boolean reported;
    private String closeReason = "";
    private long fetchNotBeforeMs;
    private int refusals; // of whole fetches, in a row

    private ReplicaLinkActor(
            ActorContext<LeaderLink.Command> context, TimerScheduler<LeaderLink.Command> timers, LeaderLink.Peer peer,
            SelectorLoop loop, Executor blocking, ReplicaSettings settings,
            ReplicaFetches<ActorRef<Follower.Command>> fetches, ReplicationThrottle throttle, String clientId) {
        super(context);
        this.throttle = throttle;
        this.self = context.getSelf();
        this.peer = peer;
        this.loop = loop;
        this.blocking = blocking;
        this.settings = settings;
        this.fetches = fetches;
        this.clientId = clientId;
        this.in = new AnswerBuffer(Math.addExact(settings.responseMaxBytes(), HEADROOM_BYTES));
        this.reconnectMs = settings.reconnectMinMs();
        timers.startTimerWithFixedDelay(Tick.CHECK, CHECK_INTERVAL);
    }

    /** Connects at once, and again whenever the connection is lost, until it is stopped. */
    static Behavior<LeaderLink.Command> create(
            LeaderLink.Peer peer, SelectorLoop loop, Executor blocking, ReplicaSettings settings,
            ReplicaFetches<ActorRef<Follower.Command>> fetches, ReplicationThrottle throttle, String clientId) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            var link = new ReplicaLinkActor(context, timers, peer, loop, blocking, settings, fetches, throttle, clientId);
            link.resolve();
            return link;
        }));
    }

    @Override
    public Behavior<LeaderLink.Command> onMessage(LeaderLink.Command command) {
        switch (command) {
            case LeaderLink.Fetch(var follower, var positions, boolean handled) -> {
                watch(follower);
                positions.forEach(position -> want(follower, position));
                if (handled) {
                    onHandled(follower, false);
                } else {
                    planSend();
                }
            }
            case LeaderLink.Leave(var follower, List<TopicIdPartition> ids) -> {
                ids.forEach(id -> fetches.leave(follower, id));
                throttled.values().removeIf(
                        each -> each.follower().equals(follower) && ids.contains(each.position().id()));
            }
            case LeaderLink.AskOffsets ask -> {
                questions.add(ask);
                planSend();
            }
            case LeaderLink.Stop stop -> {
                return Behaviors.stopped();
            }
            case LeaderLink.Internal internal -> onInternal(internal);
        }
        return this;
    }

    private void onInternal(LeaderLink.Internal internal) {
        switch (internal) {
            case Resolved(InetSocketAddress address, Throwable failure) -> {
                if (address != null) {
                    connect(address);
                } else {
                    reconnect(String.valueOf(failure));
                }
            }
            case Gone(var follower) -> {
                watched.remove(follower);
                fetches.leave(follower);
                throttled.values().removeIf(each -> each.follower().equals(follower));
                questions.removeIf(ask -> ask.follower().equals(follower));
                onHandled(follower, true);
            }
            case Tick tick -> {
                switch (tick) {
                    case CONNECT -> {
                        if (transport == null && connecting == null) {
                            resolve();
                        }
                    }
                    case CHECK -> check();
                    case THROTTLE -> {
                        List<Throttled> waiting = List.copyOf(throttled.values());
                        throttled.clear();
                        waiting.forEach(each -> want(each.follower(), each.position()));
                        planSend();
                    }
                }
            }
            default -> throw new IllegalStateException("not a message of this actor: " + internal);
        }
    }

    private void want(ActorRef<Follower.Command> follower, LeaderLink.Position position) {
        long waitMs = throttle.waitMs(position.id(), peer.brokerId(), loop.nowMs());
        if (waitMs == 0) {
            throttled.remove(position.id());
            fetches.want(follower, position);
            return;
        }
        if (throttled.isEmpty()) {
            var _ = loop.schedule(waitMs, () -> self.tell(Tick.THROTTLE));
        }
        throttled.put(position.id(), new Throttled(follower, position));
    }

    private void watch(ActorRef<Follower.Command> follower) {
        if (watched.add(follower)) {
            getContext().watchWith(follower, new Gone(follower));
        }
    }

    // ---- connecting ----

    private void resolve() {
        getContext().pipeToSelf(
                CompletableFuture.supplyAsync(() -> new InetSocketAddress(peer.host(), peer.port()), blocking),
                (address, failure) -> new Resolved(address, failure));
    }

    private void connect(InetSocketAddress address) {
        try {
            var channel = SocketChannel.open();
            connecting = channel;
            channel.configureBlocking(false);
            waitingSinceMs = loop.nowMs();
            if (channel.connect(address)) {
                onConnected(channel);
            } else {
                var _ = loop.register(channel, SelectionKey.OP_CONNECT, readyOps -> onConnectable(channel));
            }
        } catch (IOException | RuntimeException e) { // an unresolved address is no IOException
            closeConnecting();
            reconnect(e.toString());
        }
    }

    private void onConnectable(SocketChannel channel) {
        if (!channel.equals(connecting)) {
            return;
        }
        try {
            if (channel.finishConnect()) {
                onConnected(channel);
            }
        } catch (IOException e) {
            closeConnecting();
            reconnect(e.toString());
        }
    }

    private void onConnected(SocketChannel channel) throws IOException {
        transport = new SocketTransport(loop, channel, this);
        connecting = null;
        reconnectMs = settings.reconnectMinMs();
        reported = false;
        transport.reading(true);
        log.atDebug().addKeyValue("brokerId", peer.brokerId()).log("connected to a leader's broker");
        send();
    }

    private void closeConnecting() {
        SocketChannel channel = connecting;
        connecting = null;
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                log.atDebug().setCause(e).log("a socket did not close cleanly");
            }
        }
    }

    private void reconnect(String reason) {
        if (!reported) { // once each time that it is lost
            reported = true;
            log.atInfo()
                    .addKeyValue("brokerId", peer.brokerId())
                    .addKeyValue("host", peer.host())
                    .addKeyValue("port", peer.port())
                    .log("a leader's broker cannot be reached: {}", reason);
        }
        var _ = loop.schedule(reconnectMs, () -> self.tell(Tick.CONNECT)); // may be called outside of a message
        reconnectMs = Math.min(settings.reconnectMaxMs(), reconnectMs * 2);
    }

    /** Ends what takes too long: a peer that is frozen, or a network that drops everything. */
    private void check() {
        long allowedMs = (long) settings.timeoutMs() + settings.fetchMaxWaitMs();
        boolean waiting = connecting != null || (!sent.isEmpty() && !answerHeld);
        if (!waiting || loop.nowMs() - waitingSinceMs <= allowedMs) {
            return;
        }
        if (connecting != null) {
            closeConnecting();
            reconnect("no connection within " + allowedMs + " ms");
        } else {
            close("no answer within " + allowedMs + " ms");
        }
    }

    // ---- requests ----

    /** Sends at the end of this turn, so that what several followers want goes into one request. */
    private void planSend() {
        if (!sendPlanned) {
            sendPlanned = true;
            loop.atTurnEnd(() -> {
                sendPlanned = false;
                send();
            });
        }
    }

    private void send() {
        Transport to = transport;
        if (to == null || stopped || answerHeld) {
            return;
        }
        for (LeaderLink.AskOffsets ask = questions.poll(); ask != null; ask = questions.poll()) {
            sendStart(to, ask);
        }
        if (fetchesSent == 0 && fetches.isWorthARequest() && loop.nowMs() >= fetchNotBeforeMs) {
            sendFetch(to);
        } else if (fetchesSent == 1 && fetches.isWorthOvertaking()) {
            overtake(to);
        }
        to.flush();
    }

    private void sendFetch(Transport to) {
        fetchesSent++;
        fetchSentMs = loop.nowMs();
        send(to, ApiKeys.FETCH, FETCH_VERSION, new Fetch(nextCorrelationId), fetches.request());
    }

    /** The fetch before may be about to be answered; only when it waits for records it is worth a second one. */
    private void overtake(Transport to) {
        long waitMs = fetchSentMs + OVERTAKE_AFTER_MS - loop.nowMs();
        if (waitMs <= 0) {
            sendFetch(to);
        } else if (!overtakePlanned) {
            overtakePlanned = true;
            var _ = loop.schedule(waitMs, () -> {
                overtakePlanned = false;
                send();
            });
        }
    }

    /** A session that is refused is begun anew at once; what is refused again and again must not be a hot loop. */
    private void pauseFetches() {
        if (refusals++ > 0) {
            fetchNotBeforeMs = loop.nowMs() + settings.reconnectMinMs();
            var _ = loop.schedule(settings.reconnectMinMs() + 1L, this::send);
        }
    }

    private void sendStart(Transport to, LeaderLink.AskOffsets ask) {
        var question = new ListOffsetsRequestData()
                .setReplicaId(-1)
                .setTopics(List.of(new ListOffsetsTopic()
                        .setName(ask.topic())
                        .setPartitions(List.of(new ListOffsetsPartition()
                                .setPartitionIndex(ask.id().partition())
                                .setCurrentLeaderEpoch(ask.leaderEpoch())
                                .setTimestamp(EARLIEST_LOCAL)))));
        send(to, ApiKeys.LIST_OFFSETS, OFFSETS_VERSION, new Start(nextCorrelationId, ask), question);
    }

    private void sendEnd(Transport to, LeaderLink.AskOffsets ask, KafkaError error, long logStartOffset) {
        var topics = new OffsetForLeaderTopicCollection();
        topics.add(new OffsetForLeaderTopic()
                .setTopic(ask.topic())
                .setPartitions(List.of(new OffsetForLeaderPartition()
                        .setPartition(ask.id().partition())
                        .setCurrentLeaderEpoch(ask.leaderEpoch())
                        .setLeaderEpoch(ask.leaderEpoch()))));
        var question = new OffsetForLeaderEpochRequestData().setReplicaId(-1).setTopics(topics);
        send(
                to, ApiKeys.OFFSET_FOR_LEADER_EPOCH, EPOCH_VERSION,
                new End(nextCorrelationId, ask, error, logStartOffset), question);
    }

    private void send(Transport to, ApiKeys key, short version, Sent what, ApiMessage body) {
        ByteBuffer bytes = ClientCodec.encode(key, version, nextCorrelationId, clientId, body, loop.buffers());
        nextCorrelationId = nextCorrelationId == Integer.MAX_VALUE ? 0 : nextCorrelationId + 1;
        if (sent.isEmpty()) {
            waitingSinceMs = loop.nowMs();
        }
        sent.add(what);
        to.send(bytes, bytes);
    }

    // ---- answers ----

    @Override
    public void onReadable() {
        Transport from = transport;
        try {
            for (int i = 0; i < READS_IN_A_ROW && from != null && from.isOpen() && !answerHeld; i++) {
                ByteBuffer target = in.target();
                int count = from.read(target);
                if (count < 0) {
                    close("closed by the peer");
                    return;
                }
                boolean more = !target.hasRemaining();
                takeAnswers();
                if (count == 0 || !more) {
                    return;
                }
            }
        } catch (IOException | MalformedResponseException e) {
            close(e.toString());
        }
    }

    private void takeAnswers() throws IOException, MalformedResponseException {
        while (!answerHeld && transport != null) {
            ByteBuffer answer = in.next();
            if (answer == null) {
                break;
            }
            Sent to = sent.poll();
            if (to == null) {
                throw new IOException("an answer to nothing");
            }
            waitingSinceMs = loop.nowMs();
            take(to, answer);
            answerHeld = !handling.isEmpty();
            if (!answerHeld) {
                in.handled();
            } else if (transport != null) {
                transport.reading(false); // what may come is the answer to a question, and waits
            }
        }
        if (!answerHeld) {
            send();
        }
    }

    private void take(Sent to, ByteBuffer answer) throws MalformedResponseException {
        switch (to) {
            case Fetch(int correlationId) -> {
                fetchesSent--;
                var response = ClientCodec.decode(
                        ApiKeys.FETCH, FETCH_VERSION, correlationId, answer, new FetchResponseData());
                if (response.errorCode() != 0) {
                    if (fetchesSent > 0) {
                        throw new MalformedResponseException("error " + response.errorCode() + " to one of two fetches");
                    }
                    log.atDebug()
                            .addKeyValue("brokerId", peer.brokerId())
                            .addKeyValue("errorCode", response.errorCode())
                            .log("a leader's broker refuses a fetch");
                    pauseFetches();
                } else {
                    refusals = 0;
                }
                fetches.onResponse(response).forEach((follower, answers) -> {
                    handling.add(follower);
                    answers.forEach(each -> throttle.took(each.id(), peer.brokerId(), each.records().remaining()));
                    follower.tell(new Follower.Fetched(answers));
                });
            }
            case Start(int correlationId, var ask) -> {
                var response = ClientCodec.decode(
                        ApiKeys.LIST_OFFSETS, OFFSETS_VERSION, correlationId, answer, new ListOffsetsResponseData());
                Transport peerTransport = transport;
                if (peerTransport != null) {
                    var found = response.topics().stream()
                            .flatMap(topic -> topic.partitions().stream())
                            .findFirst()
                            .orElseThrow(() -> new MalformedResponseException("no offset of " + ask.id()));
                    sendEnd(peerTransport, ask, KafkaError.forCode(found.errorCode()), found.offset());
                }
            }
            case End(int correlationId, var ask, KafkaError error, long logStartOffset) -> {
                var response = ClientCodec.decode(
                        ApiKeys.OFFSET_FOR_LEADER_EPOCH, EPOCH_VERSION, correlationId, answer,
                        new OffsetForLeaderEpochResponseData());
                var found = response.topics().stream()
                        .flatMap(topic -> topic.partitions().stream())
                        .findFirst()
                        .orElseThrow(() -> new MalformedResponseException("no end offset of " + ask.id()));
                KafkaError second = KafkaError.forCode(found.errorCode());
                ask.follower().tell(new Follower.LeaderOffsets(
                        ask.id(), ask.leaderEpoch(), error == KafkaError.NONE ? second : error, logStartOffset,
                        found.endOffset()));
            }
        }
    }

    /** A follower has handled the last answer, or is gone; with the last of them the next fetch goes out. */
    private void onHandled(ActorRef<Follower.Command> follower, boolean gone) {
        if (!handling.remove(follower)) {
            if (!gone) {
                planSend();
            }
            return;
        }
        abandoned |= gone; // it may have left a write behind it
        if (!handling.isEmpty()) {
            return;
        }
        answerHeld = false;
        if (lost) {
            lost = false;
            in.reset();
        } else if (abandoned) {
            in.abandon();
        } else {
            in.handled();
        }
        abandoned = false;
        Transport open = transport;
        if (open == null) {
            return;
        }
        open.reading(true);
        try {
            takeAnswers(); // one may have come with the last, behind it; also sends
        } catch (IOException | MalformedResponseException e) {
            close(e.toString());
        }
        open.flush();
    }

    // ---- the end ----

    private void close(String reason) {
        closeReason = reason;
        if (transport != null) {
            transport.close();
        }
    }

    @Override
    public void onSent(long bytes) {
        // only answers matter
    }

    @Override
    public void onClosed(@Nullable IOException cause) {
        transport = null;
        String reason = cause == null ? closeReason : cause.toString();
        closeReason = "";
        fetchesSent = 0;
        fetches.onDisconnected();
        for (Sent unanswered : sent) {
            switch (unanswered) {
                case Fetch fetch -> {
                    // every position is asked for again
                }
                case Start start -> questions.add(start.of());
                case End end -> questions.add(end.of());
            }
        }
        sent.clear();
        if (answerHeld) {
            lost = true; // the followers still look at the bytes
        } else {
            in.reset();
        }
        if (!stopped) {
            reconnect(reason);
        }
    }

    @Override
    public Behavior<LeaderLink.Command> onSignal(Signal signal) {
        if (signal instanceof PostStop) {
            stopped = true;
            closeConnecting();
            close("stopped");
        }
        return this;
    }
}
