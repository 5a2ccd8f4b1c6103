package dev.sampo.persistence.metadata;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.TermIndexProto;
import org.apache.ratis.server.RaftServerRpc;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class BoundedCommitsTest {
    private final List<AppendEntriesRequestProto> sent = new ArrayList<>();
    private final RaftServerRpc ratis = (RaftServerRpc) Proxy.newProxyInstance(
            getClass().getClassLoader(), new Class<?>[] {RaftServerRpc.class}, (proxy, method, arguments) -> {
                sent.add((AppendEntriesRequestProto) arguments[0]);
                return AppendEntriesReplyProto.getDefaultInstance();
            });

    private long commitSaid(AppendEntriesRequestProto.Builder request) throws Exception {
        new BoundedCommits(ratis).appendEntries(request.setLeaderCommit(7).build());
        return sent.getLast().getLeaderCommit();
    }

    private static AppendEntriesRequestProto.Builder request(long... indices) {
        return AppendEntriesRequestProto.newBuilder().addAllEntries(LongStream.of(indices)
                .mapToObj(index -> LogEntryProto.newBuilder().setIndex(index).build())
                .toList());
    }

    @Test
    void aHeartbeatFromTheStartOfTheLogCommitsNothing() throws Exception {
        assertThat(commitSaid(request())).isEqualTo(-1);
    }

    @Test
    void entriesFromTheStartOfTheLogCommitNoMoreThanThemselves() throws Exception {
        assertThat(commitSaid(request(0, 1, 2))).isEqualTo(2);
        assertThat(commitSaid(request(0, 1, 2, 3, 4, 5, 6, 7, 8))).isEqualTo(7);
    }

    @Test
    void whatNamesTheEntryBeforeIsLeftAsItIs() throws Exception {
        assertThat(commitSaid(request().setPreviousLog(TermIndexProto.newBuilder().setIndex(3)))).isEqualTo(7);
    }
}
