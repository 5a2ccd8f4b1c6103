package dev.sampo.tests.simulation;

import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.follower.FollowerPlan;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** As the production {@code Followers}: a follower for each group and leader epoch that the production plan wants here. */
final class Followers {
    private record Running(FollowerPlan.Group group, Map<TopicIdPartition, FollowerShell> partitions) {}

    private final BrokerProcess process;
    private final Cluster cluster;
    private final TreeMap<String, Running> running = new TreeMap<>();
    private MetadataImage handled = MetadataImage.EMPTY;
    private boolean offline;

    Followers(BrokerProcess process, Cluster cluster) {
        this.process = process;
        this.cluster = cluster;
    }

    void onImage(MetadataImage image) {
        if (offline || !FollowerPlan.concerns(handled, image)) {
            return;
        }
        Map<String, FollowerPlan.Group> plan = new TreeMap<>(FollowerPlan.of(image, process.brokerId()));
        for (String groupId : List.copyOf(running.keySet())) {
            FollowerPlan.Group wanted = plan.get(groupId);
            FollowerPlan.Group now = running.get(groupId).group();
            if (wanted == null || wanted.leaderEpoch() != now.leaderEpoch() || !wanted.leader().equals(now.leader())) {
                running.remove(groupId).partitions().values().forEach(FollowerShell::stop);
            }
        }
        plan.forEach(this::follow);
        var dropped = new TreeSet<>(Machine.BY_ID);
        dropped.addAll(FollowerPlan.dropped(handled, image, process.brokerId()));
        handled = image;
        dropped.forEach(process.logs()::delete);
    }

    private void follow(String groupId, FollowerPlan.Group wanted) {
        Running now = running.computeIfAbsent(groupId, key -> new Running(wanted, new TreeMap<>(Machine.BY_ID)));
        for (TopicIdPartition id : List.copyOf(now.partitions().keySet())) {
            if (!wanted.partitions().contains(id)) {
                now.partitions().remove(id).stop();
            }
        }
        for (TopicIdPartition id : wanted.partitions()) {
            now.partitions().computeIfAbsent(
                    id, key -> new FollowerShell(process, cluster, key, wanted.leader().brokerId(), wanted.leaderEpoch()));
        }
    }

    void watch() {
        running.values().forEach(one -> one.partitions().values().forEach(FollowerShell::watch));
    }

    void connectionLost(int brokerId) {
        running.values().forEach(one -> {
            if (one.group().leader().brokerId() == brokerId) {
                one.partitions().values().forEach(FollowerShell::connectionLost);
            }
        });
    }

    void failForce() {
        offline = true;
        running.values().forEach(one -> one.partitions().values().forEach(FollowerShell::stop));
        running.clear();
    }

    @Override
    public String toString() {
        return "follows " + running.values().stream().map(one -> one.partitions().values().toString()).toList();
    }
}
