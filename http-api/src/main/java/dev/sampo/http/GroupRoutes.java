package dev.sampo.http;

import dev.sampo.http.body.GroupBodies;
import dev.sampo.http.body.GroupBodies.CommittedOffset;
import dev.sampo.http.kafka.GroupCalls;
import dev.sampo.http.kafka.GroupOffsetCalls;
import dev.sampo.http.record.SeekTarget;
import dev.sampo.http.route.Answers;
import dev.sampo.http.route.Call;
import dev.sampo.http.route.Endpoint;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Consumer groups: how far they are behind; moving and removing their offsets. */
final class GroupRoutes {
    private final GroupCalls groups;
    private final GroupOffsetCalls offsets;

    GroupRoutes(GroupCalls groups, GroupOffsetCalls offsets) {
        this.groups = groups;
        this.offsets = offsets;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.of("GET", "/v1/groups", "Lists the groups that this broker coordinates, by id.")
                        .paged()
                        .query("state", "string", "Only groups in this state: Stable, Empty, ...")
                        .query("type", "string", "Only groups of this type: classic, consumer, ...")
                        .answers(200, GroupBodies.Groups.class)
                        .handle(call -> groups.list(
                                        call.pageToken(), call.pageSize(), call.query("state"), call.query("type"))
                                .thenApply(Answers::ok)),
                Endpoint.of("GET", "/v1/groups/{group}", "Describes a group: members, assignment, offsets, lag.")
                        .answers(200, GroupBodies.Group.class)
                        .handle(this::describe),
                Endpoint.of("DELETE", "/v1/groups/{group}", "Deletes a group that has no members, with its offsets.")
                        .dryRun()
                        .answers(200, GroupBodies.DeletedGroup.class)
                        .handle(call -> groups.delete(call.path("group"), call.dryRun()).thenApply(Answers::ok)),
                Endpoint.of("GET", "/v1/groups/{group}/offsets", "Lists the committed offsets of a group with their lag.")
                        .answers(200, GroupBodies.Offsets.class)
                        .handle(call -> groups.describe(call.path("group"))
                                .thenCompose(group -> offsets.list(group.groupId()))
                                .thenApply(list -> Answers.ok(new GroupBodies.Offsets(call.path("group"), list)))),
                Endpoint.of("POST", "/v1/groups/{group}/offsets", "Moves the committed offsets of a group that has no members.")
                        .dryRun()
                        .takes(Endpoint.JSON, GroupBodies.Seek.class)
                        .answers(200, GroupBodies.MovedOffsets.class)
                        .handle(call -> call.json(GroupBodies.Seek.class)
                                .thenCompose(body -> offsets.seek(
                                        call.path("group"), target(body), body.topics(), call.dryRun()))
                                .thenApply(Answers::ok)),
                Endpoint.of("DELETE", "/v1/groups/{group}/offsets", "Removes committed offsets of a topic that no member reads.")
                        .dryRun()
                        .required("topic", "string", "The topic.")
                        .query("partition", "integer", "Only this partition; default all.")
                        .answers(200, GroupBodies.RemovedOffsets.class)
                        .handle(this::remove));
    }

    private CompletionStage<HttpResponse> describe(Call call) {
        return groups.describe(call.path("group")).thenCompose(group -> offsets.list(group.groupId()).thenApply(list -> {
            long records = 0;
            double seconds = 0;
            for (CommittedOffset offset : list) {
                records += offset.lagRecords() == null ? 0 : offset.lagRecords();
                seconds = Math.max(seconds, offset.lagSeconds() == null ? 0 : offset.lagSeconds());
            }
            return Answers.ok(new GroupBodies.Group(
                    group.groupId(), group.state(), group.type(), group.protocolType(), group.protocol(),
                    group.members(), list, records, seconds));
        }));
    }

    private static SeekTarget target(GroupBodies.Seek body) {
        Long time = body.toTime() == null ? null : (Long) RecordRoutes.time("to_time", body.toTime());
        return SeekTarget.of(body.to(), body.toOffset(), time, body.shiftBy(), body.byDuration());
    }

    private CompletionStage<HttpResponse> remove(Call call) {
        String topic = call.query("topic");
        Integer partition = call.query("partition") == null
                ? null
                : (Integer) (int) call.queryNumber("partition", 0, 0, Integer.MAX_VALUE);
        return offsets.remove(call.path("group"), topic == null ? "" : topic, partition, call.dryRun())
                .thenApply(Answers::ok);
    }
}
