package dev.sampo.persistence.metadata;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.netty.NettyConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/** What is set differently from Ratis' defaults, each with its reason. */
final class RaftMetadataLogProperties {
    private static final int ENTRY_LIMIT_BYTES = 4 * 1024 * 1024;

    private RaftMetadataLogProperties() {}

    static RaftProperties of(RaftSettings settings) {
        var properties = new RaftProperties();
        RaftConfigKeys.Rpc.setType(properties, new PromptCommits.Netty());
        NettyConfigKeys.Server.setHost(properties, settings.host());
        NettyConfigKeys.Server.setPort(properties, settings.port());
        // NIO starts faster than loading the native library, and some ten small messages a second need no epoll.
        NettyConfigKeys.Server.setUseEpoll(properties, false);
        NettyConfigKeys.Client.setUseEpoll(properties, false);
        RaftServerConfigKeys.setStorageDir(properties, List.of(settings.directory().toFile()));

        log(properties);
        elections(properties, settings);

        // Between two attempts to reach a peer that refuses; the default, 25 ms, costs much while a peer is down.
        RaftServerConfigKeys.Rpc.setSleepTime(properties, TimeDuration.valueOf(150, TimeUnit.MILLISECONDS));
        // A peer that does not answer (cut off, stopped) is asked again after this and the election time-out, on another
        // connection. Ratis' own class for this key is in a module that is not needed otherwise.
        properties.set("raft.client.rpc.request.timeout", 2 * settings.electionTimeoutMax().toMillis() + "ms");

        // Appends come from one controller: no pools of threads.
        RaftServerConfigKeys.ThreadPool.setClientCached(properties, true);
        RaftServerConfigKeys.ThreadPool.setServerCached(properties, true);
        RaftServerConfigKeys.ThreadPool.setProxyCached(properties, true);
        // Reads ask a majority first. Nobody repeats a call under its old id, so answers need not be remembered long.
        RaftServerConfigKeys.Read.setOption(properties, RaftServerConfigKeys.Read.Option.LINEARIZABLE);
        RaftServerConfigKeys.RetryCache.setExpiryTime(properties, TimeDuration.valueOf(5, TimeUnit.SECONDS));
        return properties;
    }

    private static void log(RaftProperties properties) {
        // Flushed before it counts: once per run of waiting entries. No flush just to note the commit index.
        RaftServerConfigKeys.Log.setUnsafeFlushEnabled(properties, false);
        RaftServerConfigKeys.Log.setAsyncFlushEnabled(properties, false);
        RaftServerConfigKeys.Log.setLogMetadataEnabled(properties, false);
        RaftServerConfigKeys.Log.setCorruptionPolicy(
                properties, RaftServerConfigKeys.Log.CorruptionPolicy.EXCEPTION);
        RaftServerConfigKeys.Log.Appender.setBufferByteLimit(properties, SizeInBytes.valueOf(ENTRY_LIMIT_BYTES));
        RaftServerConfigKeys.Log.setWriteBufferSize(properties, SizeInBytes.valueOf(ENTRY_LIMIT_BYTES + 8));
        RaftServerConfigKeys.Log.setSegmentSizeMax(properties, SizeInBytes.valueOf("16MB"));
        RaftServerConfigKeys.Log.setPreallocatedSize(properties, SizeInBytes.valueOf("1MB"));
        RaftServerConfigKeys.Log.setSegmentCacheNumMax(properties, 2);
        RaftServerConfigKeys.Log.setSegmentCacheSizeMax(properties, SizeInBytes.valueOf("32MB"));
        // A snapshot drops the segments it covers; only the application says when.
        RaftServerConfigKeys.Log.setPurgeGap(properties, 1);
        // Also those that a member which is away has not read: it gets the snapshot, else the log grows until it is back.
        RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(properties, true);
        RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(properties, false);
        RaftServerConfigKeys.Snapshot.setCreationGap(properties, 1);
        RaftServerConfigKeys.Snapshot.setRetentionFileNum(properties, 2);
    }

    private static void elections(RaftProperties properties, RaftSettings settings) {
        RaftServerConfigKeys.Rpc.setTimeoutMin(properties, time(settings.electionTimeoutMin()));
        RaftServerConfigKeys.Rpc.setTimeoutMax(properties, time(settings.electionTimeoutMax()));
        boolean groupOfOne = settings.peers().isEmpty();
        // A group of one needs nobody's vote. If it has grown meanwhile, the pre-vote makes the early try harmless.
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(
                properties, groupOfOne ? time(Duration.ofMillis(1)) : time(settings.electionTimeoutMin()));
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(
                properties, groupOfOne ? time(Duration.ofMillis(2)) : time(settings.electionTimeoutMax()));
        RaftServerConfigKeys.LeaderElection.setPreVote(properties, true);
        // A late wake-up is a fact of loaded machines, not worth a warning; nor may a long pause end the server.
        RaftServerConfigKeys.setSleepDeviationThreshold(properties, TimeDuration.valueOf(2, TimeUnit.SECONDS));
        RaftServerConfigKeys.setCloseThreshold(properties, TimeDuration.valueOf(3650, TimeUnit.DAYS));
    }

    private static TimeDuration time(Duration duration) {
        return TimeDuration.valueOf(duration.toMillis(), TimeUnit.MILLISECONDS);
    }
}
