package dev.sampo.persistence.metadata;

import dev.sampo.persistence.reserve.DiskReserve;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.ratis.client.impl.ClientProtoUtils;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.protocol.exceptions.LeaderNotReadyException;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The metadata log on Apache Ratis, embedded: a group of one on a single node, three or five voters and any number of
 * listeners in a cluster. Each batch is one Raft entry, forced to disk (together with those that wait) by a majority
 * before it is answered. Appends go to the local server only: who does not lead is told so.
 *
 * <p>The port must be reachable for the other members only: whoever reaches it can change the log.
 */
public final class RaftMetadataLog implements MetadataLog {
    private static final Logger log = LoggerFactory.getLogger(RaftMetadataLog.class);

    /** The most bytes of one batch, with 4 bytes per payload and 21 more. */
    public static final int MAX_BATCH_BYTES = 4 * 1024 * 1024 - 1024;

    /** Of clusters whose settings name their peers and no group id. */
    private static final UUID DEFAULT_GROUP_ID = UUID.nameUUIDFromBytes("sampo-metadata".getBytes(StandardCharsets.UTF_8));

    private static final long SNAPSHOT_TIMEOUT_MS = 60_000;
    private static final long TRANSFER_TIMEOUT_MS = 1_000;

    private final RaftSettings settings;
    private final DiskReserve reserve;
    private final FileChannel lockFile;
    private final JournalState state = new JournalState();
    private final JournalFeed feed;
    private final PromptCommits commits = new PromptCommits();
    private final RaftGroupId groupId;
    private volatile JournalStateMachine stateMachine;
    private volatile RaftServer server;
    private final ClientId clientId = ClientId.randomId();
    private final AtomicLong nextCallId = new AtomicLong();
    private final Map<Long, CompletableFuture<?>> unanswered = new ConcurrentHashMap<>(); // by call id
    private volatile boolean closed;

    /**
     * Recovers the log in the directory (or starts a new one) and joins the group. Returns before there is a leader:
     * {@link #onRole} tells.
     *
     * @throws IOException the directory is in use by another process, damaged, or the port is taken; says which
     */
    public static RaftMetadataLog open(RaftSettings settings) throws IOException {
        return open(settings, DiskReserve.none());
    }

    /** As {@link #open(RaftSettings)}, with disk space kept back: Raft never meets a full disk, which would end it. */
    public static RaftMetadataLog open(RaftSettings settings, DiskReserve reserve) throws IOException {
        Files.createDirectories(settings.directory());
        FileChannel lockFile = lock(settings.directory());
        try {
            reserve.beforeMetadataWrite(0);
            return new RaftMetadataLog(settings, reserve, lockFile);
        } catch (IOException | RuntimeException | Error e) {
            lockFile.close();
            throw e;
        }
    }

    private RaftMetadataLog(RaftSettings settings, DiskReserve reserve, FileChannel lockFile) throws IOException {
        this.settings = settings;
        this.reserve = reserve;
        this.lockFile = lockFile;
        try (Stream<Path> segments = Files.walk(settings.directory(), 3)) {
            for (Path segment : segments.filter(RaftSegmentTail::isOpenSegment).toList()) {
                RaftSegmentTail.repair(segment);
            }
        }
        this.feed = new JournalFeed("metadata-log-" + settings.nodeId(), state);
        this.stateMachine = new JournalStateMachine(state, feed, commits, this::reopen);
        this.groupId = RaftGroupId.valueOf(groupId(settings));
        this.server = start();
        log.atInfo()
                .addKeyValue("brokerId", settings.nodeId())
                .addKeyValue("directory", settings.directory())
                .addKeyValue("address", address())
                .log("metadata log started");
    }

    private RaftServer start() throws IOException {
        RaftServer started = null;
        try {
            started = RaftServer.newBuilder()
                    .setServerId(peerId(settings.nodeId()))
                    .setGroup(firstGroup())
                    .setStateMachine(stateMachine)
                    .setProperties(RaftMetadataLogProperties.of(settings))
                    .setParameters(commits.parameters())
                    .setOption(RaftStorage.StartupOption.RECOVER)
                    .build();
            started.start();
            return started;
        } catch (IOException | RuntimeException e) {
            feed.close();
            if (started != null) {
                started.close();
            }
            throw new IOException("the metadata log in " + settings.directory() + " does not start on "
                    + settings.host() + ":" + settings.port() + ": " + rootMessage(e), e);
        }
    }

    private static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.toString();
    }

    private static FileChannel lock(Path directory) throws IOException {
        Path file = directory.resolve("metadata.lock");
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) {
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            log.atDebug().setCause(e).log("the metadata log's folder is in use within this process");
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        channel.close();
        throw new IOException("the metadata log in " + directory.toAbsolutePath()
                + " is in use by a running broker (it holds " + file.getFileName()
                + "): stop that broker, or give this one another folder");
    }

    /** Ratis names a group's folder after its id. */
    private static UUID groupId(RaftSettings settings) throws IOException {
        List<UUID> found = new ArrayList<>();
        try (Stream<Path> files = Files.list(settings.directory())) {
            for (Path file : files.filter(Files::isDirectory).toList()) {
                found.add(UUID.fromString(file.getFileName().toString()));
            }
        } catch (IllegalArgumentException e) {
            throw new IOException(settings.directory() + " holds a folder that is no Raft group's: give the metadata log"
                    + " a folder of its own", e);
        }
        UUID wanted = settings.groupId();
        if (found.size() > 1 || (found.size() == 1 && wanted != null && !found.contains(wanted))) {
            throw new IOException(settings.directory() + " belongs to the metadata log of group " + found
                    + ", not (only) to " + wanted + ": this node was given the folder of another cluster");
        }
        if (!found.isEmpty()) {
            return found.getFirst();
        } else if (wanted != null) {
            return wanted;
        }
        return settings.peers().isEmpty() ? UUID.randomUUID() : DEFAULT_GROUP_ID;
    }

    private RaftGroup firstGroup() {
        if (settings.peers().isEmpty()) {
            return RaftGroup.valueOf(
                    groupId, peer(new Member(settings.nodeId(), settings.host() + ":" + settings.port(), true)));
        }
        var peers = new ArrayList<>(settings.peers());
        if (peers.stream().noneMatch(member -> member.nodeId() == settings.nodeId())) {
            // It listens from the start: one that Raft does not know as a listener stands for election when it hears of no
            // leader, and ends itself as it finds that it may not.
            peers.add(new Member(settings.nodeId(), settings.host() + ":" + settings.port(), false));
        }
        return RaftGroup.valueOf(groupId, peers.stream().map(RaftMetadataLog::peer).toList());
    }

    private static RaftPeerId peerId(int nodeId) {
        return RaftPeerId.valueOf(Integer.toString(nodeId));
    }

    private static RaftPeer peer(Member member) {
        return RaftPeer.newBuilder()
                .setId(peerId(member.nodeId()))
                .setAddress(member.address())
                .setStartupRole(member.voter() ? RaftPeerRole.FOLLOWER : RaftPeerRole.LISTENER)
                .build();
    }

    /** Where the other members reach this node; with the port that was chosen. */
    public InetSocketAddress address() {
        return server.getServerRpc().getInetSocketAddress();
    }

    @Override
    public CompletionStage<AppendResult> append(long writerEpoch, long expectedEndOffset, List<byte[]> payloads) {
        if (payloads.isEmpty()) {
            throw new IllegalArgumentException("nothing to append: a batch holds at least one payload");
        }
        byte[] request = JournalCodec.request(writerEpoch, expectedEndOffset, payloads);
        if (request.length > MAX_BATCH_BYTES) {
            throw new IllegalArgumentException("a batch of " + request.length + " bytes is over the metadata log's limit of "
                    + MAX_BATCH_BYTES + ": append it in parts");
        }
        if (!feed.role().leader()) {
            return closed ? CompletableFuture.failedFuture(closedError()) : CompletableFuture.completedFuture(new NotLeader());
        }
        try {
            reserve.beforeMetadataWrite(request.length);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(new MetadataLogException("nothing was appended", e));
        }
        long callId = nextCallId.incrementAndGet();
        return submit(callId, RaftClientRequest.writeRequestType(), request, reply -> {
            boolean mayBeInLog = stateMachine.ended(callId);
            if (reply.isSuccess()) {
                return JournalCodec.result(reply.getMessage().getContent().asReadOnlyByteBuffer());
            }
            boolean notLeader = reply.getException() instanceof NotLeaderException
                    || reply.getException() instanceof LeaderNotReadyException;
            if (notLeader && !mayBeInLog) {
                return new NotLeader();
            }
            throw failed("append: the outcome is not known", reply);
        });
    }

    /** Fails on a node that does not lead. */
    @Override
    public CompletionStage<Long> endOffset() {
        return submit(nextCallId.incrementAndGet(), RaftClientRequest.readRequestType(), new byte[0], reply -> {
            if (!reply.isSuccess()) {
                throw failed("read of the end offset", reply);
            }
            return reply.getMessage().getContent().asReadOnlyByteBuffer().getLong();
        });
    }

    private <T> CompletionStage<T> submit(
            long callId, RaftClientRequest.Type type, byte[] message, Function<RaftClientReply, T> onReply) {
        var request = RaftClientRequest.newBuilder()
                .setClientId(clientId)
                .setServerId(server.getId())
                .setGroupId(groupId)
                .setCallId(callId)
                .setType(type)
                .setMessage(Message.valueOf(UnsafeByteOperations.unsafeWrap(message)))
                .build();
        return answered(callId, () -> server.submitClientRequestAsync(request), onReply);
    }

    /** A call to Raft. */
    private interface Call {
        CompletableFuture<RaftClientReply> start() throws IOException;
    }

    /** The call's answer; failed at the latest when this log closes. */
    private <T> CompletableFuture<T> answered(long callId, Call call, Function<RaftClientReply, T> onReply) {
        if (closed) {
            return CompletableFuture.failedFuture(closedError());
        }
        CompletableFuture<T> answer;
        try {
            answer = call.start().thenApply(onReply);
        } catch (IOException | RuntimeException e) {
            // A closing server throws here; before it took the request, or not: the outcome is not known.
            return CompletableFuture.failedFuture(e);
        }
        unanswered.put(callId, answer);
        CompletableFuture<T> removed = answer.whenComplete((value, failure) -> unanswered.remove(callId));
        if (closed) {
            answer.completeExceptionally(closedError());
        }
        return removed;
    }

    private MetadataLogException failed(String what, RaftClientReply reply) {
        return new MetadataLogException(
                "the metadata log in " + settings.directory() + " failed to answer an " + what, reply.getException());
    }

    private MetadataLogException closedError() {
        return new MetadataLogException("the metadata log in " + settings.directory() + " is closed", null);
    }

    @Override
    public AutoCloseable tail(long fromOffset, Consumer<Snapshot> onSnapshot, Consumer<Entry> listener) {
        return feed.tail(fromOffset, onSnapshot, listener);
    }

    /** Kept on this node: each node of the group takes its own snapshots. Completes when the file is on disk. */
    @Override
    public CompletionStage<Void> snapshot(Snapshot snapshot) {
        try {
            reserve.beforeMetadataWrite(snapshot.state().length);
            state.snapshot(snapshot);
        } catch (IOException | IllegalArgumentException e) {
            return CompletableFuture.failedFuture(e);
        }
        long callId = nextCallId.incrementAndGet();
        var request = SnapshotManagementRequest.newCreate(
                clientId, server.getId(), groupId, callId, SNAPSHOT_TIMEOUT_MS, 1);
        return answered(callId, () -> server.snapshotManagementAsync(request), reply -> {
            if (!reply.isSuccess()) {
                throw failed("order to write a snapshot", reply);
            }
            return null;
        });
    }

    @Override
    public AutoCloseable onRole(Consumer<Role> listener) {
        return feed.onRole(listener);
    }

    @Override
    public Set<Member> members() {
        RaftConfiguration now;
        try {
            now = server.getDivision(groupId).getRaftConf();
        } catch (IOException e) {
            throw new MetadataLogException("the metadata log in " + settings.directory() + " has no members", e);
        }
        return Stream.concat(
                        now.getAllPeers(RaftPeerRole.FOLLOWER).stream().map(peer -> member(peer, true)),
                        now.getAllPeers(RaftPeerRole.LISTENER).stream().map(peer -> member(peer, false)))
                .collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public Quorum quorum() {
        RaftServer.Division division;
        try {
            division = server.getDivision(groupId);
        } catch (IOException e) {
            throw new MetadataLogException("the metadata log in " + settings.directory() + " has no members", e);
        }
        DivisionInfo info = division.getInfo();
        long[] matched = info.getFollowerMatchIndices();
        List<ServerRpcProto> followers = info.getRoleInfoProto().getLeaderInfo().getFollowerInfoList(); // in the same order
        Map<Integer, Progress> known = new HashMap<>();
        List<Member> members = List.copyOf(members());
        for (Member member : members) {
            boolean self = member.nodeId() == settings.nodeId();
            known.put(member.nodeId(), new Progress(
                    member, self ? division.getRaftLog().getNextIndex() : -1, self && info.isLeader() ? 0 : -1));
        }
        for (int i = 0; i < followers.size() && followers.size() == matched.length; i++) {
            int nodeId = Integer.parseInt(followers.get(i).getId().getId().toStringUtf8());
            Progress before = known.get(nodeId);
            if (before != null) {
                known.put(nodeId, new Progress(
                        before.member(), matched[i] + 1, followers.get(i).getLastRpcElapsedTimeMs()));
            }
        }
        RaftPeerId leader = info.getLeaderId();
        return new Quorum(
                leader == null ? -1 : Integer.parseInt(leader.toString()), info.getCurrentTerm(),
                division.getRaftLog().getLastCommittedIndex() + 1, List.copyOf(known.values()));
    }

    private Member member(RaftPeer peer, boolean voter) {
        int nodeId = Integer.parseInt(peer.getId().toString());
        String address = nodeId == settings.nodeId() ? settings.host() + ":" + address().getPort() : peer.getAddress();
        return new Member(nodeId, address, voter);
    }

    /**
     * Only on the leader, which must stay a voter: {@link #transferLeadership} first. Completes when the new members have
     * taken over; new ones take over when they have caught up. Voters are added and taken away one at a time.
     */
    @Override
    public CompletionStage<Void> changeMembers(Set<Member> members) {
        if (members.stream().noneMatch(member -> member.voter() && member.nodeId() == settings.nodeId())) {
            return CompletableFuture.failedFuture(new IllegalArgumentException("node " + settings.nodeId()
                    + " orders new members without itself as a voter (" + members
                    + "): another voter must lead the metadata log first"));
        }
        List<RaftPeer> voters = members.stream().filter(Member::voter).map(RaftMetadataLog::peer).toList();
        List<RaftPeer> listeners = members.stream().filter(member -> !member.voter()).map(RaftMetadataLog::peer).toList();
        if (voters.isEmpty()) {
            throw new IllegalArgumentException("a metadata log needs a voter: " + members);
        }
        var arguments = SetConfigurationRequest.Arguments.newBuilder()
                .setServersInNewConf(voters)
                .setListenersInNewConf(listeners)
                .setMode(SetConfigurationRequest.Mode.SET_UNCONDITIONALLY)
                .build();
        long callId = nextCallId.incrementAndGet();
        var request = new SetConfigurationRequest(clientId, server.getId(), groupId, callId, arguments);
        return answered(callId, () -> server.setConfigurationAsync(request), reply -> {
            if (!reply.isSuccess()) {
                throw failed("order to change the members to " + members, reply);
            }
            return null;
        });
    }

    /** Has this voter lead. Only on the leader; completes when it does. */
    @Override
    public CompletionStage<Void> transferLeadership(int nodeId) {
        long callId = nextCallId.incrementAndGet();
        var request = new TransferLeadershipRequest(
                clientId, server.getId(), groupId, callId, peerId(nodeId), TRANSFER_TIMEOUT_MS);
        return answered(callId, () -> server.transferLeadershipAsync(request), reply -> {
            if (!reply.isSuccess()) {
                throw failed("order to have node " + nodeId + " lead", reply);
            }
            return null;
        });
    }

    /** If this node leads and another voter can, has it lead: nobody waits for an election then. Best effort, bounded. */
    public void stepDown() {
        try {
            if (!feed.role().leader()) {
                return;
            }
            for (Member member : members()) {
                if (member.voter() && member.nodeId() != settings.nodeId()) {
                    try {
                        transferLeadership(member.nodeId()).toCompletableFuture()
                                .get(TRANSFER_TIMEOUT_MS, TimeUnit.MILLISECONDS);
                        return;
                    } catch (ExecutionException | TimeoutException e) {
                        log.atInfo().addKeyValue("brokerId", member.nodeId())
                                .log("does not take over the metadata log: {}", e.toString());
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * The leader's process is known to be dead: this voter stands for election now and not only after the time-out, as if
     * the leader had ordered it. Where it is no follower of that leader (any more) nothing happens.
     */
    @Override
    public void leaderIsDead(int leaderId) {
        try {
            RaftServer.Division division = server.getDivision(groupId);
            TermIndex last = division.getRaftLog().getLastEntryTermIndex();
            if (last == null || !division.getInfo().isFollower()
                    || !peerId(leaderId).equals(division.getInfo().getLeaderId())) {
                return;
            }
            boolean accepted = server.startLeaderElection(StartLeaderElectionRequestProto.newBuilder()
                            .setServerRequest(ClientProtoUtils.toRaftRpcRequestProtoBuilder(
                                    RaftGroupMemberId.valueOf(peerId(leaderId), groupId), server.getId()))
                            .setLeaderLastEntry(last.toProto())
                            .build())
                    .getServerReply()
                    .getSuccess();
            log.atInfo().addKeyValue("brokerId", leaderId).addKeyValue("accepted", accepted)
                    .log("the leader of the metadata log is dead: standing for election");
        } catch (IOException | RuntimeException e) {
            log.atInfo().addKeyValue("brokerId", leaderId)
                    .log("no early election for the dead leader of the metadata log: {}", e.toString());
        }
    }

    /**
     * A voter that was made a listener: Raft lets it run on as a follower, which would stand for election when it hears of
     * no leader and end itself as it may not. Started again, it listens.
     */
    private void reopen() {
        Thread.ofPlatform().daemon().name("metadata-log-reopen").start(() -> {
            synchronized (this) {
                try {
                    RaftServer.Division division = server.getDivision(groupId);
                    boolean listens = division.getRaftConf().getAllPeers(RaftPeerRole.LISTENER).stream()
                            .anyMatch(peer -> peer.getId().equals(server.getId()));
                    if (closed || !listens || division.getInfo().isListener()) {
                        return;
                    }
                    log.atInfo().addKeyValue("brokerId", settings.nodeId())
                            .log("this broker is no voter of the metadata log any more, it listens");
                    server.close();
                    state.clear();
                    stateMachine = new JournalStateMachine(state, feed, commits, this::reopen);
                    server = start();
                } catch (IOException | RuntimeException e) {
                    log.atError().setCause(e).log("the metadata log does not open again, restart the broker");
                }
            }
        });
    }

    /** What was not answered yet fails, its outcome not known. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        feed.close();
        try {
            server.close();
        } catch (IOException e) {
            throw new MetadataLogException("the metadata log in " + settings.directory() + " does not close", e);
        } finally {
            finishClosing();
        }
    }

    private void finishClosing() {
        unanswered.values().forEach(answer -> answer.completeExceptionally(closedError()));
        try {
            lockFile.close();
        } catch (IOException e) {
            throw new MetadataLogException("the lock of " + settings.directory() + " is not released", e);
        }
        log.atInfo().addKeyValue("brokerId", settings.nodeId()).log("metadata log closed");
    }
}
