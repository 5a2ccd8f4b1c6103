package dev.sampo.http;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.group.lag.GroupLag;
import dev.sampo.group.lag.GroupReport;
import dev.sampo.group.lag.LagPoint;
import dev.sampo.group.lag.LagStatus;
import dev.sampo.group.lag.PartitionReport;
import dev.sampo.group.lag.Rebalance;
import dev.sampo.http.body.GroupBodies.Member;
import dev.sampo.http.body.LagBodies;
import dev.sampo.http.kafka.GroupCalls;
import dev.sampo.http.kafka.KafkaProblems;
import dev.sampo.http.route.Answers;
import dev.sampo.http.route.Call;
import dev.sampo.http.route.Endpoint;
import dev.sampo.http.route.Problem;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/** How far groups are behind: now, at the last sample, and in the last day; why they rebalanced. */
final class LagRoutes {
    private static final double MS_PER_S = 1000;
    private static final long HOUR_MS = 3_600_000;
    private static final long MOST_POINTS = 10_000;

    private final GroupLag lag;
    private final GroupCalls groups;

    LagRoutes(GroupLag lag, GroupCalls groups) {
        this.lag = lag;
        this.groups = groups;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.of("GET", "/v1/lag", "Lists the groups that this broker coordinates with their lag, as sampled last.")
                        .paged()
                        .query("status", "string", "Only groups with this status.",
                                Arrays.stream(LagStatus.values()).map(LagStatus::text).toArray(String[]::new))
                        .answers(200, LagBodies.GroupSummaries.class)
                        .handle(call -> CompletableFuture.completedFuture(list(call))),
                Endpoint.of("GET", "/v1/groups/{group}/lag", "Shows how far a group is behind now, in records and in seconds.")
                        .answers(200, LagBodies.GroupLag.class)
                        .handle(this::show),
                Endpoint.of("GET", "/v1/groups/{group}/lag/history",
                                "Shows how far a group was behind, for at most a day.")
                        .query("topic", "string", "Only this topic; default all together.")
                        .query("partition", "integer", "With topic: only this partition.")
                        .query("from", "string", "Milliseconds since 1970 or ISO 8601 with a zone; default an hour ago.")
                        .query("to", "string", "Likewise, exclusive; default now.")
                        .query("step", "integer", "Milliseconds between two points, each the largest of its samples; "
                                + "default all samples.")
                        .answers(200, LagBodies.History.class)
                        .handle(this::history),
                Endpoint.of("GET", "/v1/groups/{group}/rebalances",
                                "Lists the last rebalances of a group with their reasons.")
                        .answers(200, LagBodies.Rebalances.class)
                        .handle(call -> rebalances(call.path("group"))));
    }

    private HttpResponse list(Call call) {
        String after = call.pageToken();
        String status = call.query("status");
        int size = call.pageSize();
        List<GroupReport> wanted = lag.latest().stream()
                .filter(group -> after == null || group.groupId().compareTo(after) > 0)
                .filter(group -> status == null || group.status().text().equals(status))
                .limit(size + 1L)
                .toList();
        List<GroupReport> page = wanted.stream().limit(size).toList();
        return Answers.ok(new LagBodies.GroupSummaries(
                page.stream()
                        .map(group -> new LagBodies.GroupSummary(
                                group.groupId(), group.status().text(), group.lagRecords(), group.lagMs() / MS_PER_S,
                                group.sampledMs()))
                        .toList(),
                Call.nextPageToken(page.stream().map(GroupReport::groupId).toList(), wanted.size() > page.size())));
    }

    private CompletionStage<HttpResponse> show(Call call) {
        String groupId = call.path("group");
        return report(groupId).thenCombine(members(groupId), (report, members) ->
                Answers.ok(new LagBodies.GroupLag(
                        groupId, report.status().text(), report.lagRecords(), report.lagMs() / MS_PER_S, report.sampledMs(),
                        report.partitions().stream().map(partition -> partition(partition, members)).toList())));
    }

    private CompletionStage<GroupReport> report(String groupId) {
        return lag.show(groupId).thenApply(shown -> {
            GroupReport report = shown.report();
            if (report == null) {
                throw refused(groupId, shown.error());
            }
            return report;
        });
    }

    private static RuntimeException refused(String groupId, KafkaError error) {
        return KafkaProblems.exception(
                error.code(),
                error == KafkaError.GROUP_ID_NOT_FOUND ? "There is no group \"" + groupId + "\"." : null);
    }

    /** By topic and partition; none when another broker coordinates the group. */
    private CompletionStage<Map<String, Member>> members(String groupId) {
        return groups.describe(groupId).handle((group, failure) -> {
            Map<String, Member> readers = new HashMap<>();
            if (failure == null) {
                group.members().forEach(member -> member.assignment().forEach(topic -> topic.partitions()
                        .forEach(partition -> readers.put(topic.topic() + ' ' + partition, member))));
            }
            return readers;
        });
    }

    private static LagBodies.PartitionLag partition(PartitionReport report, Map<String, Member> members) {
        Member member = members.get(report.topic() + ' ' + report.partition());
        return new LagBodies.PartitionLag(
                report.topic(), report.partition(), report.committedOffset(), report.commitMs(),
                report.endOffset() < 0 ? null : (Long) report.endOffset(),
                report.lagRecords() < 0 ? null : (Long) report.lagRecords(), seconds(report.lagMs()),
                report.status().text(), member == null ? null : member.memberId(),
                member == null ? null : member.clientId());
    }

    private static @Nullable Double seconds(long lagMs) {
        return lagMs < 0 ? null : (Double) (lagMs / MS_PER_S);
    }

    private CompletionStage<HttpResponse> history(Call call) {
        String groupId = call.path("group");
        String topic = call.query("topic");
        if (topic == null && call.query("partition") != null) {
            throw Problem.invalid("partition", "A partition belongs to one topic: say which.");
        }
        int partition = (int) call.queryNumber("partition", -1, 0, Integer.MAX_VALUE);
        String from = call.query("from");
        String to = call.query("to");
        long toMs = to == null ? lag.nowMs() + 1 : RecordRoutes.time("to", to);
        long fromMs = from == null ? Math.max(0, toMs - HOUR_MS) : RecordRoutes.time("from", from);
        long stepMs = call.queryNumber("step", lag.intervalMs(), lag.intervalMs(), Integer.MAX_VALUE);
        if (fromMs >= toMs || (toMs - fromMs) / stepMs > MOST_POINTS) {
            throw Problem.invalid("from", "There must be 1 to " + MOST_POINTS + " steps between from and to.");
        }
        return lag.history(groupId, topic, partition, fromMs, toMs, stepMs).thenApply(history -> {
            List<LagPoint> points = history.points();
            if (points == null) {
                throw refused(groupId, history.error());
            }
            return Answers.ok(new LagBodies.History(
                    groupId, stepMs,
                    points.stream()
                            .map(point -> new LagBodies.Point(point.timeMs(), point.lagRecords(), seconds(point.lagMs())))
                            .toList()));
        });
    }

    private CompletionStage<HttpResponse> rebalances(String groupId) {
        return lag.rebalances(groupId).thenApply(found -> {
            List<Rebalance> rebalances = found.rebalances();
            if (rebalances == null) {
                throw refused(groupId, found.error());
            }
            return Answers.ok(new LagBodies.Rebalances(
                    groupId, rebalances.reversed().stream().map(LagRoutes::rebalance).toList()));
        });
    }

    private static LagBodies.Rebalance rebalance(Rebalance each) {
        return new LagBodies.Rebalance(
                each.startMs(), each.endMs() < 0 ? null : (Long) (each.endMs() - each.startMs()), each.completed(),
                each.generationId(), each.members(), each.causes().stream().map(LagRoutes::cause).toList(),
                each.furtherCauses());
    }

    private static LagBodies.Cause cause(Rebalance.Cause cause) {
        return new LagBodies.Cause(
                cause.reason().text(), cause.memberId().isEmpty() ? null : cause.memberId(), cause.groupInstanceId());
    }
}
