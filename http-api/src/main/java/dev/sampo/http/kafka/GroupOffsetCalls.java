package dev.sampo.http.kafka;

import dev.sampo.http.body.GroupBodies.CommittedOffset;
import dev.sampo.http.body.GroupBodies.MovedOffset;
import dev.sampo.http.body.GroupBodies.MovedOffsets;
import dev.sampo.http.body.GroupBodies.RemovedOffset;
import dev.sampo.http.body.GroupBodies.RemovedOffsets;
import dev.sampo.http.body.GroupBodies.SeekTopic;
import dev.sampo.http.record.FetchedPartition;
import dev.sampo.http.record.SeekTarget;
import dev.sampo.http.route.Problem;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** Committed offsets of groups: how far they are behind, and moving them. */
public final class GroupOffsetCalls {
    private static final int COMMIT_VERSION = 9; // the last that names topics
    private static final int FETCH_VERSION = 9;
    private static final int NO_GENERATION = -1;
    private static final double MS_PER_S = 1000;

    private record Committed(long offset, @Nullable String metadata) {}

    private record Place(String topic, int partition, Committed committed) {}

    private final BrokerCalls broker;
    private final GroupCalls groups;
    private final TopicCalls topics;
    private final OffsetCalls offsets;
    private final FetchCalls fetch;
    private final InstantSource clock;

    /** {@code clock} is what timestamps of records are compared with. */
    public GroupOffsetCalls(
            BrokerCalls broker, GroupCalls groups, TopicCalls topics, OffsetCalls offsets, FetchCalls fetch,
            InstantSource clock) {
        this.broker = broker;
        this.groups = groups;
        this.topics = topics;
        this.offsets = offsets;
        this.fetch = fetch;
        this.clock = clock;
    }

    /** All committed offsets of a group with their lag, by topic and partition. */
    public CompletionStage<List<CommittedOffset>> list(String groupId) {
        return committed(groupId, false).thenCompose(committed -> {
            var byTopic = List.copyOf(committed.entrySet());
            return BrokerCalls.each(byTopic, entry -> lags(entry.getKey(), entry.getValue()))
                    .thenApply(lists -> lists.stream().flatMap(List::stream).toList());
        });
    }

    private CompletionStage<List<CommittedOffset>> lags(String topic, Map<Integer, Committed> committed) {
        return ranges(topic, committed.keySet()).thenCompose(ranges -> {
            var places = new ArrayList<Place>();
            committed.forEach((partition, one) -> places.add(new Place(topic, partition, one)));
            return BrokerCalls.each(places, place -> lag(place, ranges.get(place.partition())));
        });
    }

    /** Empty when the topic is gone. */
    private CompletionStage<Map<Integer, OffsetCalls.Range>> ranges(String topic, java.util.Set<Integer> partitions) {
        return offsets.ranges(topic, partitions).exceptionally(failure -> {
            Problem problem = BrokerCalls.problem(failure);
            if (problem != null && problem.status() == 404) {
                return Map.of();
            }
            throw new java.util.concurrent.CompletionException(failure);
        });
    }

    private CompletionStage<CommittedOffset> lag(Place place, OffsetCalls.@Nullable Range range) {
        long offset = place.committed().offset();
        String metadata = place.committed().metadata();
        if (range == null) {
            return CompletableFuture.completedFuture(
                    new CommittedOffset(place.topic(), place.partition(), offset, metadata, null, null, null));
        }
        long lag = Math.max(0, range.highWatermark() - offset);
        CompletionStage<Double> seconds = lag == 0
                ? CompletableFuture.completedFuture(0.0)
                : ageSeconds(place.topic(), place.partition(), Math.max(offset, range.earliest()));
        return seconds.thenApply(age -> new CommittedOffset(
                place.topic(), place.partition(), offset, metadata, range.highWatermark(), lag, age));
    }

    /** Age of the first record at or after an offset, 0 when there is none. */
    private CompletionStage<Double> ageSeconds(String topic, int partition, long offset) {
        return fetch.fetch(topic, Map.of(partition, offset), Duration.ZERO, 1, 1).thenApply(read -> {
            FetchedPartition found = read.getFirst();
            if (found.records().isEmpty()) {
                return 0.0;
            }
            return Math.max(0, clock.millis() - found.records().getFirst().timestampMs()) / MS_PER_S;
        });
    }

    /** By topic and partition. */
    private CompletionStage<Map<String, Map<Integer, Committed>>> committed(String groupId, boolean mayBeNew) {
        var request = new OffsetFetchRequestData()
                .setGroups(List.of(new OffsetFetchRequestGroup().setGroupId(groupId).setTopics(null)));
        Supplier<CompletionStage<Map<String, Map<Integer, Committed>>>> ask = () -> broker.call(
                        ApiKeys.OFFSET_FETCH, FETCH_VERSION, request, OffsetFetchResponseData.class)
                .thenApply(response -> {
                    var group = response.groups().getFirst();
                    KafkaProblems.check(group.errorCode(), null);
                    Map<String, Map<Integer, Committed>> byTopic = new TreeMap<>();
                    group.topics().forEach(topic -> topic.partitions().forEach(partition -> {
                        if (partition.committedOffset() >= 0) {
                            byTopic.computeIfAbsent(topic.name(), name -> new TreeMap<>())
                                    .put(partition.partitionIndex(),
                                            new Committed(partition.committedOffset(), partition.metadata()));
                        }
                    }));
                    return byTopic;
                });
        return groups.atCoordinator(groupId, mayBeNew, ask);
    }

    /** Moves committed offsets of a group without members, or says where they would be. */
    public CompletionStage<MovedOffsets> seek(
            String groupId, SeekTarget target, @Nullable List<SeekTopic> wanted, boolean dryRun) {
        return requireNoMembers(groupId)
                .thenCompose(none -> committed(groupId, true))
                .thenCompose(committed -> partitions(wanted, committed).thenCompose(places -> {
                    if (places.isEmpty()) {
                        throw Problem.invalid("topics", "The group has no committed offsets: say which topics are meant.");
                    }
                    return BrokerCalls.each(
                                    List.copyOf(places.entrySet()),
                                    entry -> targets(target, entry.getKey(), entry.getValue(), committed))
                            .thenApply(lists -> lists.stream().flatMap(List::stream).toList());
                }))
                .thenCompose(moves -> {
                    var moved = new MovedOffsets(groupId, moves, dryRun);
                    return dryRun
                            ? CompletableFuture.completedFuture(moved)
                            : commit(groupId, moves).thenApply(done -> moved);
                });
    }

    private CompletionStage<@Nullable Void> requireNoMembers(String groupId) {
        return groups.describe(groupId).handle((group, failure) -> {
            if (failure == null) {
                if (!group.isEmpty()) {
                    throw KafkaProblems.exception(
                            Errors.NON_EMPTY_GROUP.code(),
                            "The group has " + group.members().size() + " members: stop them before its offsets are moved.");
                }
                return null;
            }
            Problem problem = BrokerCalls.problem(failure);
            if (problem != null && problem.status() == 404) {
                return null; // its first offsets make the group
            }
            throw new java.util.concurrent.CompletionException(failure);
        });
    }

    /** Partitions by topic. */
    private CompletionStage<Map<String, List<Integer>>> partitions(
            @Nullable List<SeekTopic> wanted, Map<String, Map<Integer, Committed>> committed) {
        Map<String, List<Integer>> places = new TreeMap<>();
        if (wanted == null) {
            committed.forEach((topic, offsetsOf) -> places.put(topic, List.copyOf(offsetsOf.keySet())));
            return CompletableFuture.completedFuture(places);
        }
        return BrokerCalls.each(wanted, one -> {
            if (one == null || one.topic() == null) {
                throw Problem.invalid("topics", "Each entry needs a topic.");
            }
            return topics.partitionCount(one.topic()).thenApply(count -> {
                var all = new ArrayList<Integer>();
                if (one.partitions() == null) {
                    for (int partition = 0; partition < count; partition++) {
                        all.add(partition);
                    }
                } else {
                    for (Integer partition : one.partitions()) {
                        if (partition == null || partition < 0 || partition >= count || all.contains(partition)) {
                            throw Problem.invalid("topics", "Topic \"" + one.topic() + "\" has the partitions 0 to "
                                    + (count - 1) + "; each may be named once.");
                        }
                        all.add(partition);
                    }
                }
                return Map.entry(one.topic(), all);
            });
        }).thenApply(entries -> {
            entries.forEach(entry -> {
                if (places.putIfAbsent(entry.getKey(), entry.getValue()) != null) {
                    throw Problem.invalid("topics", "Topic \"" + entry.getKey() + "\" is named twice.");
                }
            });
            return places;
        });
    }

    private CompletionStage<List<MovedOffset>> targets(
            SeekTarget target, String topic, List<Integer> partitions, Map<String, Map<Integer, Committed>> committed) {
        Long timeMs = target.timeMs(clock.millis());
        CompletionStage<Map<Integer, Long>> atTime = timeMs == null
                ? CompletableFuture.completedFuture(Map.of())
                : offsets.atTime(topic, partitions, timeMs);
        return offsets.ranges(topic, partitions).thenCombine(atTime, (ranges, times) -> {
            var moves = new ArrayList<MovedOffset>();
            for (int partition : partitions) {
                OffsetCalls.Range range = ranges.getOrDefault(partition, new OffsetCalls.Range(0, 0));
                Committed before = committed.getOrDefault(topic, Map.of()).get(partition);
                Long offset = before == null ? null : before.offset();
                if (target.needsCommitted() && offset == null) {
                    throw Problem.invalid("shift_by", "The group has no committed offset in partition " + partition
                            + " of topic \"" + topic + "\" to shift.");
                }
                long after = target.offset(
                        range.earliest(), range.highWatermark(), offset == null ? 0 : offset,
                        times.getOrDefault(partition, -1L));
                moves.add(new MovedOffset(topic, partition, offset, after));
            }
            return moves;
        });
    }

    private CompletionStage<@Nullable Void> commit(String groupId, List<MovedOffset> moves) {
        Map<String, OffsetCommitRequestTopic> byTopic = new TreeMap<>();
        for (MovedOffset move : moves) {
            byTopic.computeIfAbsent(move.topic(), name -> new OffsetCommitRequestTopic().setName(name))
                    .partitions()
                    .add(new OffsetCommitRequestPartition()
                            .setPartitionIndex(move.partition())
                            .setCommittedOffset(move.after())
                            .setCommittedMetadata(""));
        }
        var request = new OffsetCommitRequestData()
                .setGroupId(groupId)
                .setGenerationIdOrMemberEpoch(NO_GENERATION)
                .setMemberId("")
                .setTopics(List.copyOf(byTopic.values()));
        Supplier<CompletionStage<@Nullable Void>> ask = () -> broker.call(
                        ApiKeys.OFFSET_COMMIT, COMMIT_VERSION, request, OffsetCommitResponseData.class)
                .thenApply(response -> {
                    response.topics().forEach(topic -> topic.partitions().forEach(
                            partition -> KafkaProblems.check(partition.errorCode(), null)));
                    return null;
                });
        return groups.atCoordinator(groupId, true, ask);
    }

    /** Removes committed offsets of a topic, or says which; {@code partition} null for all. */
    public CompletionStage<RemovedOffsets> remove(String groupId, String topic, @Nullable Integer partition, boolean dryRun) {
        return groups.describe(groupId).thenCompose(group -> {
            if (group.subscribed().contains(topic)) {
                throw KafkaProblems.exception(
                        Errors.GROUP_SUBSCRIBED_TO_TOPIC.code(), "Members of the group read the topic: stop them first.");
            }
            return committed(groupId, false);
        }).thenCompose(committed -> {
            var removed = new ArrayList<RemovedOffset>();
            committed.getOrDefault(topic, Map.of()).forEach((id, one) -> {
                if (partition == null || partition.equals(id)) {
                    removed.add(new RemovedOffset(topic, id, one.offset()));
                }
            });
            if (removed.isEmpty()) {
                throw Problem.notFound(
                        "no-committed-offset", "There is no committed offset",
                        "The group has no committed offset in topic \"" + topic + "\""
                                + (partition == null ? "." : " partition " + partition + "."));
            }
            var answer = new RemovedOffsets(groupId, removed, dryRun);
            return dryRun ? CompletableFuture.completedFuture(answer) : remove(groupId, removed).thenApply(done -> answer);
        });
    }

    private CompletionStage<@Nullable Void> remove(String groupId, List<RemovedOffset> removed) {
        var topic = new OffsetDeleteRequestTopic().setName(removed.getFirst().topic());
        removed.forEach(one -> topic.partitions()
                .add(new OffsetDeleteRequestPartition().setPartitionIndex(one.partition())));
        var request = new OffsetDeleteRequestData().setGroupId(groupId);
        request.topics().add(topic);
        Supplier<CompletionStage<@Nullable Void>> ask = () -> broker.call(
                        ApiKeys.OFFSET_DELETE, 0, request, OffsetDeleteResponseData.class)
                .thenApply(response -> {
                    KafkaProblems.check(response.errorCode(), null);
                    response.topics().forEach(answer -> answer.partitions().forEach(
                            partition -> KafkaProblems.check(partition.errorCode(), null)));
                    return null;
                });
        return groups.atCoordinator(groupId, false, ask);
    }
}
