package dev.sampo.tests.oracle;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocolCollection;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData;

import static dev.sampo.tests.oracle.Catalogue.name;

/** Classic groups: life with one member in each version, two members, static members, bad arguments; describe, list, delete. */
final class GroupRequests {
    private final OracleRun run;
    private final Topics topics;

    GroupRequests(OracleRun run, Topics topics) {
        this.run = run;
        this.topics = topics;
    }

    void run() {
        topics.create("grouped", 2, Map.of());
        for (int version = 0; version <= 9; version++) {
            oneMember(version);
            badJoins(version);
        }
        for (int version : new int[] {2, 5, 9}) {
            twoMembers(version);
        }
        for (int version : new int[] {5, 7, 9}) {
            staticMember(version);
        }
        for (int version = 0; version <= 5; version++) {
            unknownGroup(version);
        }
        list();
        describe();
        delete();
    }

    /** The versions of the neighbouring APIs that go with a JoinGroup version. */
    private static int sync(int join) {
        return Math.min(join, 5);
    }

    private static int heartbeat(int join) {
        return Math.min(join, 4);
    }

    private static int leave(int join) {
        return Math.min(join, 5);
    }

    private void oneMember(int version) {
        String group = "one-member-" + version;
        var member = new GroupMember(run, group, "one-" + version);
        String what = "join-" + version + "-";
        member.join(version, "first");
        member.heartbeat(heartbeat(version), what + "before-sync");
        member.sync(sync(version), what + "leader", member.assignment());
        member.heartbeat(heartbeat(version), what + "stable");
        member.sync(sync(version), what + "again");
        member.client().call(name("heartbeat", heartbeat(version), what + "wrong-generation"), heartbeat(version),
                member.heartbeatRequest(heartbeat(version)).setGenerationId(9));
        member.client().call(name("heartbeat", heartbeat(version), what + "wrong-member"), heartbeat(version),
                member.heartbeatRequest(heartbeat(version)).setMemberId("nobody"));
        member.client().call(name("sync-group", sync(version), what + "wrong-generation"), sync(version),
                member.syncRequest(sync(version)).setGenerationId(9));
        member.client().call(name("sync-group", sync(version), what + "wrong-member"), sync(version),
                member.syncRequest(sync(version)).setMemberId("nobody"));
        if (version >= 5) {
            member.client().call(name("sync-group", 5, what + "wrong-protocol"), 5, member.syncRequest(5).setProtocolName("sticky"));
            member.client().call(name("sync-group", 5, what + "wrong-protocol-type"), 5, member.syncRequest(5).setProtocolType("connect"));
        }
        run.call(name("describe-groups", heartbeat(version), "stable-" + version), heartbeat(version), describeRequest(group));
        member.join(version, "again");
        member.sync(sync(version), what + "second", member.assignment());
        member.leave(leave(version), what + "leaves");
        member.leave(leave(version), what + "leaves-again");
        member.heartbeat(heartbeat(version), what + "after-leaving");
    }

    private void badJoins(int version) {
        var member = new GroupMember(run, "bad-joins-" + version, "bad-" + version);
        badJoin(member, version, "empty-group", request -> request.setGroupId(""));
        badJoin(member, version, "session-too-short", request -> request.setSessionTimeoutMs(10));
        badJoin(member, version, "session-too-long", request -> request.setSessionTimeoutMs(100_000_000));
        badJoin(member, version, "unknown-member", request -> request.setMemberId("nobody"));
        badJoin(member, version, "no-protocols", request -> request.setProtocols(new JoinGroupRequestProtocolCollection()));
        badJoin(member, version, "empty-protocol-type", request -> request.setProtocolType(""));
        member.join(version, "good-after-bad");
        var other = new GroupMember(run, "bad-joins-" + version, "other-" + version);
        badJoin(other, version, "other-protocol-type", request -> request.setProtocolType("connect"));
        var protocols = new JoinGroupRequestProtocolCollection();
        protocols.add(new JoinGroupRequestData.JoinGroupRequestProtocol().setName("sticky").setMetadata(new byte[0]));
        badJoin(other, version, "other-protocol", request -> request.setProtocols(protocols));
        member.leave(leave(version), "after-bad-joins-" + version);
    }

    private static void badJoin(GroupMember member, int version, String what, UnaryOperator<JoinGroupRequestData> change) {
        member.client().call(name("join-group", version, what), version, change.apply(member.joinRequest(version)));
    }

    private void twoMembers(int version) {
        String group = "two-members-" + version;
        String what = "two-" + version + "-";
        var a = new GroupMember(run, group, "a" + version);
        var b = new GroupMember(run, group, "b" + version);
        a.join(version, "a-alone");
        a.sync(sync(version), what + "a-alone", a.assignment());
        if (version >= 4) {
            b.learnFrom(b.startJoin(version, "b-asks-for-id"));
        }
        var bJoins = b.startJoin(version, "b");
        a.awaitRebalance();
        a.heartbeat(heartbeat(version), what + "rebalance-in-progress");
        a.sync(sync(version), what + "in-preparing-rebalance", a.assignment());
        a.finishJoin(a.startJoin(version, "a-with-b"));
        b.finishJoin(bJoins);
        var bSyncs = b.startSync(sync(version), what + "b");
        a.sync(sync(version), what + "a", a.assignment(), b.assignment());
        bSyncs.finish();
        run.call(name("describe-groups", 5, "two-" + version), 5, describeRequest(group));
        b.heartbeat(heartbeat(version), what + "b-stable");
        b.leave(leave(version), what + "b-leaves");
        a.awaitRebalance();
        a.heartbeat(heartbeat(version), what + "b-left");
        a.finishJoin(a.startJoin(version, "a-after-b"));
        a.sync(sync(version), what + "a-after-b", a.assignment());
        a.leave(leave(version), what + "a-leaves");
    }

    private void staticMember(int version) {
        String group = "static-" + version;
        String what = "static-" + version + "-";
        var first = new GroupMember(run, group, "first-" + version).withInstanceId("instance");
        first.join(version, "static");
        first.sync(sync(version), what + "first", first.assignment());
        var second = new GroupMember(run, group, "second-" + version).withInstanceId("instance");
        second.join(version, "static-takes-over");
        second.sync(sync(version), what + "second", second.assignment());
        first.heartbeat(heartbeat(version), what + "fenced");
        first.sync(sync(version), what + "fenced");
        second.heartbeat(heartbeat(version), what + "second");
        run.call(name("describe-groups", 5, "static-" + version), 5, describeRequest(group));
        second.client().call(name("leave-group", leave(version), what + "by-instance-and-unknown"), leave(version), new LeaveGroupRequestData()
                .setGroupId(group)
                .setMembers(List.of(new MemberIdentity().setMemberId("").setGroupInstanceId("instance"),
                        new MemberIdentity().setMemberId("").setGroupInstanceId("unknown"),
                        new MemberIdentity().setMemberId("nobody"))));
    }

    private void unknownGroup(int version) {
        if (version <= 4) {
            run.call(name("heartbeat", version, "unknown-group"), version,
                    new HeartbeatRequestData().setGroupId("nowhere").setGenerationId(1).setMemberId("nobody"));
            run.call(name("heartbeat", version, "empty-group"), version,
                    new HeartbeatRequestData().setGroupId("").setGenerationId(1).setMemberId("nobody"));
        }
        var sync = new SyncGroupRequestData().setGroupId("nowhere").setGenerationId(1).setMemberId("nobody");
        if (version >= 5) {
            sync.setProtocolType("consumer").setProtocolName("range");
        }
        run.call(name("sync-group", version, "unknown-group"), version, sync);
        run.call(name("leave-group", version, "unknown-group"), version, version >= 3
                ? new LeaveGroupRequestData().setGroupId("nowhere").setMembers(List.of(new MemberIdentity().setMemberId("nobody")))
                : new LeaveGroupRequestData().setGroupId("nowhere").setMemberId("nobody"));
        run.call(name("leave-group", version, "empty-group"), version, version >= 3
                ? new LeaveGroupRequestData().setGroupId("").setMembers(List.of(new MemberIdentity().setMemberId("nobody")))
                : new LeaveGroupRequestData().setGroupId("").setMemberId("nobody"));
    }

    private void list() {
        var stable = new GroupMember(run, "listed", "listed");
        stable.join(9, "listed");
        stable.sync(5, "listed", stable.assignment());
        for (int version = 0; version <= 5; version++) {
            run.call(name("list-groups", version, "all"), version, new ListGroupsRequestData());
            if (version >= 4) {
                run.call(name("list-groups", version, "stable"), version, new ListGroupsRequestData().setStatesFilter(List.of("Stable")));
                run.call(name("list-groups", version, "empty-lower-case"), version, new ListGroupsRequestData().setStatesFilter(List.of("empty")));
                run.call(name("list-groups", version, "unknown-state"), version, new ListGroupsRequestData().setStatesFilter(List.of("Sleeping")));
            }
            if (version >= 5) {
                run.call(name("list-groups", version, "classic"), version, new ListGroupsRequestData().setTypesFilter(List.of("classic")));
                run.call(name("list-groups", version, "consumer"), version, new ListGroupsRequestData().setTypesFilter(List.of("consumer")));
                run.call(name("list-groups", version, "unknown-type"), version, new ListGroupsRequestData().setTypesFilter(List.of("none")));
            }
        }
        run.call("delete-groups.v02.not-empty", 2, deleteRequest("listed"));
        stable.leave(5, "listed");
    }

    private void describe() {
        for (int version = 0; version <= 6; version++) {
            run.call(name("describe-groups", version, "empty"), version, describeRequest("listed"));
            run.call(name("describe-groups", version, "unknown"), version, describeRequest("nowhere"));
            run.call(name("describe-groups", version, "no-name"), version, describeRequest(""));
            run.call(name("describe-groups", version, "none"), version, describeRequest());
            run.call(name("describe-groups", version, "two"), version, describeRequest("listed", "one-member-3"));
            if (version >= 3) {
                run.call(name("describe-groups", version, "authorized-operations"), version,
                        describeRequest("listed").setIncludeAuthorizedOperations(true));
            }
        }
    }

    private static DescribeGroupsRequestData describeRequest(String... groups) {
        return new DescribeGroupsRequestData().setGroups(List.of(groups));
    }

    private void delete() {
        for (int version = 0; version <= 3; version++) {
            run.call(name("delete-groups", version, "empty-group"), version, deleteRequest("one-member-" + version));
            run.call(name("delete-groups", version, "again"), version, deleteRequest("one-member-" + version));
            run.call(name("delete-groups", version, "two"), version, deleteRequest("one-member-" + (version + 4), "nowhere"));
            run.call(name("delete-groups", version, "no-name"), version, deleteRequest(""));
            run.call(name("delete-groups", version, "none"), version, deleteRequest());
        }
        run.call("list-groups.v05.after-deletes", 5, new ListGroupsRequestData());
    }

    static DeleteGroupsRequestData deleteRequest(String... groups) {
        return new DeleteGroupsRequestData().setGroupsNames(List.of(groups));
    }
}
