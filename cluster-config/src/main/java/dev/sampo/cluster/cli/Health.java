package dev.sampo.cluster.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds what is wrong in a picture of the cluster, and says what to do. Pure. */
final class Health {
    private static final double LOW_DISK = 0.10;
    private static final double FULL_DISK = 0.03;

    private Health() {}

    /** One partition as a broker describes it. */
    record Partition(
            String topic, int partition, @Nullable Integer leader, List<Integer> replicas, List<Integer> inSyncReplicas,
            int minInSyncReplicas) {}

    /** One log folder; bytes are -1 where the broker does not tell. */
    record Disk(int broker, String folder, @Nullable String error, long totalBytes, long usableBytes) {}

    /** The cluster at one moment. */
    record Picture(List<Integer> brokers, @Nullable Integer controller, List<Partition> partitions, List<Disk> disks) {}

    /** {@code subject} is what it is about. {@code severity}: "error" when something does not work, else "warning". */
    record Problem(String severity, String problem, String subject, String why, String remedy) {}

    /** Problems, the worst first. */
    static List<Problem> problems(Picture picture) {
        var problems = new ArrayList<Problem>();
        if (picture.controller() == null) {
            problems.add(new Problem(
                    "error", "no controller", "cluster", "the brokers have not agreed on one",
                    "start more of the brokers: a majority of them must be there"));
        }
        for (Disk disk : picture.disks()) {
            disk(disk, problems);
        }
        for (Partition each : picture.partitions()) {
            partition(each, picture.brokers(), problems);
        }
        return problems.stream()
                .sorted((left, right) -> left.severity().compareTo(right.severity())) // error, warning
                .toList();
    }

    private static void disk(Disk disk, List<Problem> problems) {
        String subject = "broker " + disk.broker() + " " + disk.folder();
        if (disk.error() != null) {
            problems.add(new Problem(
                    "error", "log folder offline", subject, disk.error(),
                    "look into the broker's log, mend the disk, start the broker again"));
        } else if (disk.totalBytes() > 0 && disk.usableBytes() >= 0) {
            double free = (double) disk.usableBytes() / disk.totalBytes();
            if (free < LOW_DISK) {
                problems.add(new Problem(
                        free < FULL_DISK ? "error" : "warning", "disk nearly full", subject,
                        String.format(Locale.ROOT, "%.1f %% is free", 100 * free),
                        "sampo topic trim, or less retention: sampo topic alter-config TOPIC retention.ms=... ; or a larger disk"));
            }
        }
    }

    private static void partition(Partition each, List<Integer> brokers, List<Problem> problems) {
        String subject = each.topic() + ":" + each.partition();
        List<Integer> out = each.replicas().stream().filter(replica -> !each.inSyncReplicas().contains(replica)).toList();
        List<Integer> gone = each.replicas().stream().filter(replica -> !brokers.contains(replica)).toList();
        String absent = gone.isEmpty() ? "" : "not in the cluster: broker " + join(gone);
        if (each.leader() == null) {
            problems.add(new Problem(
                    "error", "partition offline", subject,
                    gone.isEmpty() ? "its brokers " + join(each.replicas()) + " are there, but none leads it" : absent,
                    gone.isEmpty()
                            ? "look into the log of broker " + join(each.replicas()) + ": it names the damaged file"
                            : "start broker " + join(gone) + ", or delete the topic"));
        } else if (each.inSyncReplicas().size() < each.minInSyncReplicas()) {
            problems.add(new Problem(
                    "error", "too few in-sync replicas", subject,
                    each.inSyncReplicas().size() + " of the " + each.minInSyncReplicas()
                            + " that min.insync.replicas asks for: acks=all is refused" + (absent.isEmpty() ? "" : "; " + absent),
                    gone.isEmpty() ? "wait until broker " + join(out) + " has caught up" : "start broker " + join(gone)));
        } else if (!out.isEmpty()) {
            problems.add(new Problem(
                    "warning", "under-replicated", subject,
                    absent.isEmpty() ? "broker " + join(out) + " has not caught up" : absent,
                    gone.isEmpty() ? "wait, and look whether the broker's disk or network is busy" : "start broker " + join(gone)));
        }
    }

    private static String join(List<Integer> ids) {
        return ids.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }
}
