package dev.sampo.persistence.metadata;

import dev.sampo.persistence.metadata.MetadataLog.AppendResult;
import dev.sampo.persistence.metadata.MetadataLog.Role;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.LifeCycle;
import org.apache.ratis.util.MD5FileUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries committed Raft entries to {@link JournalState} and its image to Raft's snapshot files; decides nothing. */
final class JournalStateMachine extends BaseStateMachine {
    private static final Logger log = LoggerFactory.getLogger(JournalStateMachine.class);

    private final JournalState state;
    private final JournalFeed feed;
    private final PromptCommits commits;
    private final Runnable onDemoted;
    private final SimpleStateMachineStorage storage = new SimpleStateMachineStorage();
    /** Calls that may be in Raft's log: when one of these fails, its outcome is not known. */
    private final Set<Long> started = ConcurrentHashMap.newKeySet();
    private volatile boolean hasSnapshot;

    /** @param onDemoted the members changed, and this node is no voter any more */
    JournalStateMachine(JournalState state, JournalFeed feed, PromptCommits commits, Runnable onDemoted) {
        this.state = state;
        this.feed = feed;
        this.commits = commits;
        this.onDemoted = onDemoted;
    }

    @Override
    public void initialize(RaftServer server, RaftGroupId groupId, RaftStorage raftStorage) throws IOException {
        getLifeCycle().startAndTransition(() -> {
            super.initialize(server, groupId, raftStorage);
            storage.init(raftStorage);
            load(storage.getLatestSnapshot());
        }, IOException.class);
    }

    /** The leader's snapshot is about to replace ours. */
    @Override
    public void pause() {
        getLifeCycle().transition(LifeCycle.State.PAUSING);
        getLifeCycle().transition(LifeCycle.State.PAUSED);
    }

    @Override
    public void reinitialize() throws IOException {
        load(storage.loadLatestSnapshot());
        if (getLifeCycleState() == LifeCycle.State.PAUSED) {
            getLifeCycle().transition(LifeCycle.State.STARTING);
            getLifeCycle().transition(LifeCycle.State.RUNNING);
        }
        feed.published();
    }

    private void load(SingleFileSnapshotInfo snapshot) throws IOException {
        if (snapshot == null) {
            return;
        }
        Path file = snapshot.getFile().getPath();
        var digest = snapshot.getFile().getFileDigest();
        if (digest == null) {
            throw new IOException(file + " has no checksum file beside it; restore both from another node");
        }
        MD5FileUtil.verifySavedMD5(file.toFile(), digest);
        try (var in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            state.restore(JournalCodec.read(in));
        }
        setLastAppliedTermIndex(snapshot.getTermIndex());
        hasSnapshot = true;
    }

    /** Raft asks with each heartbeat, and the storage lists its folder as long as it knows of none. */
    @Override
    public @Nullable SnapshotInfo getLatestSnapshot() {
        return hasSnapshot ? storage.getLatestSnapshot() : null;
    }

    @Override
    public StateMachineStorage getStateMachineStorage() {
        return storage;
    }

    /** On the thread that applies, so that image and index belong together. Forced to disk before it returns. */
    @Override
    public long takeSnapshot() throws IOException {
        TermIndex last = getLastAppliedTermIndex();
        Path file = storage.getSnapshotFile(last.getTerm(), last.getIndex()).toPath();
        Path unfinished = file.resolveSibling(file.getFileName() + ".tmp");
        try (var out = new FileOutputStream(unfinished.toFile());
                var data = new DataOutputStream(new BufferedOutputStream(out, 64 * 1024))) {
            JournalCodec.write(state.image(), data);
            data.flush();
            out.getChannel().force(true);
        }
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        var digest = MD5FileUtil.computeAndSaveMd5ForFile(file.toFile());
        storage.updateLatestSnapshot(new SingleFileSnapshotInfo(new FileInfo(file, digest), last));
        hasSnapshot = true;
        return last.getIndex();
    }

    @Override
    public TransactionContext startTransaction(RaftClientRequest request) throws IOException {
        started.add(request.getCallId());
        return super.startTransaction(request);
    }

    /** Whether this call may be in Raft's log; asked once, when it has ended. */
    boolean ended(long callId) {
        return started.remove(callId);
    }

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        LogEntryProto entry = transaction.getLogEntry();
        JournalCodec.Request request;
        try {
            request = JournalCodec.request(entry.getStateMachineLogEntry().getLogData().asReadOnlyByteBuffer());
        } catch (IOException e) {
            // Committed but not understood: going on would make this replica differ from the others.
            throw new UncheckedIOException("Raft entry " + entry.getIndex() + " of term " + entry.getTerm(), e);
        }
        AppendResult result = state.append(request.writerEpoch(), request.expectedEndOffset(), request.payloads());
        updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
        commits.applied();
        feed.published();
        return CompletableFuture.completedFuture(Message.valueOf(bytes(JournalCodec.result(result))));
    }

    /** Raft calls this behind its read barrier. */
    @Override
    public CompletableFuture<Message> query(Message request) {
        var end = ByteBuffer.allocate(Long.BYTES).putLong(state.endOffset());
        return CompletableFuture.completedFuture(Message.valueOf(bytes(end.array())));
    }

    private static ByteString bytes(byte[] array) {
        return UnsafeByteOperations.unsafeWrap(array);
    }

    /** Raft takes nothing more then. */
    @Override
    public void notifyLogFailed(Throwable cause, @Nullable LogEntryProto entry) {
        log.atError().log("metadata log cannot be written any more, restart the broker: {}", cause.toString());
    }

    @Override
    public void notifyLeaderReady() {
        feed.role(new Role(true, currentTerm(), nodeId(getServer().join().getId())));
    }

    @Override
    public void notifyNotLeader(Collection<TransactionContext> pending) {
        feed.role(new Role(false, currentTerm()));
    }

    @Override
    public void notifyLeaderChanged(RaftGroupMemberId self, RaftPeerId leader) {
        if (!self.getPeerId().equals(leader)) {
            feed.role(new Role(false, currentTerm(), nodeId(leader)));
        }
    }

    @Override
    public void notifyConfigurationChanged(long term, long index, RaftConfigurationProto members) {
        RaftServer server = getServer().getNow(null);
        if (server == null || members.getOldPeersCount() > 0) {
            return; // at start, or on the way
        }
        ByteString self = server.getId().toByteString();
        if (members.getListenersList().stream().anyMatch(peer -> peer.getId().equals(self))) {
            onDemoted.run();
        }
    }

    private static int nodeId(RaftPeerId peer) {
        return Integer.parseInt(peer.toString());
    }

    private long currentTerm() {
        try {
            return getServer().join().getDivision(getGroupId()).getInfo().getCurrentTerm();
        } catch (IOException e) {
            throw new UncheckedIOException("the Raft group of the metadata log is gone", e);
        }
    }
}
