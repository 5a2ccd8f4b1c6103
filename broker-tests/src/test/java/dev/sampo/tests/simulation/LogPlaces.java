package dev.sampo.tests.simulation;

import dev.sampo.actors.model.TopicIdPartition;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Who owns which log of one process: a model of {@code ReplicaLogs}, which is bound to threads. One owner at a time; a claim in a
 * newer epoch asks the present owner to give the log back and makes older claims fail.
 */
final class LogPlaces {
    /** A wish to own a log. */
    static final class Claim {
        private final TopicIdPartition id;
        private final int epoch;
        private final IntConsumer onWanted;
        private final Consumer<@Nullable MemoryLog> onTaken;
        private boolean over;

        private Claim(TopicIdPartition id, int epoch, IntConsumer onWanted, Consumer<@Nullable MemoryLog> onTaken) {
            this.id = id;
            this.epoch = epoch;
            this.onWanted = onWanted;
            this.onTaken = onTaken;
        }
    }

    private static final class Place {
        final Deque<Claim> waiting = new ArrayDeque<>();
        @Nullable Claim owner;
        boolean opened;
        int epoch = -1;
    }

    private final BrokerProcess process;
    private final Cluster cluster;
    private final TreeMap<TopicIdPartition, Place> places = new TreeMap<>(Machine.BY_ID);

    LogPlaces(BrokerProcess process, Cluster cluster) {
        this.process = process;
        this.cluster = cluster;
    }

    /** @param onTaken the log, or null when somebody claims it in a newer epoch */
    Claim claim(TopicIdPartition id, int epoch, IntConsumer onWanted, Consumer<@Nullable MemoryLog> onTaken) {
        Place place = places.computeIfAbsent(id, key -> new Place());
        var claim = new Claim(id, epoch, onWanted, onTaken);
        if (epoch > place.epoch) {
            place.epoch = epoch;
            Claim owner = place.owner;
            if (owner != null && !owner.over) {
                process.timer(10, () -> owner.onWanted.accept(epoch));
            }
        }
        place.waiting.add(claim);
        process.timer(5, () -> next(place));
        return claim;
    }

    private void next(Place place) {
        while (place.owner == null && !place.waiting.isEmpty()) {
            Claim claim = place.waiting.remove();
            if (claim.over) {
                continue;
            }
            if (claim.epoch < place.epoch) {
                claim.over = true;
                claim.onTaken.accept(null);
                continue;
            }
            place.owner = claim;
            long opening = place.opened ? 5 : cluster.dice().heavyTail(2_000, 500 * Timeline.MILLIS);
            if (place.opened) {
                cluster.reach().hit(Reach.Point.LOG_HANDED_OVER);
            }
            process.timer(opening, () -> {
                place.opened = true;
                if (claim.over) { // given up while it was being opened
                    free(place);
                } else {
                    claim.onTaken.accept(log(claim.id));
                }
            });
        }
    }

    private MemoryLog log(TopicIdPartition id) {
        return process.machine().logs.computeIfAbsent(id, key -> new MemoryLog(process.brokerId(), key, cluster.judge()));
    }

    /** The owner goes on in a newer epoch; false when somebody waits for the log in one that is newer still. */
    boolean renew(Claim claim, int epoch) {
        Place place = places.get(claim.id);
        if (epoch < place.epoch) {
            return false;
        }
        place.epoch = epoch;
        return true;
    }

    void giveBack(Claim claim) {
        Place place = places.get(claim.id);
        if (!claim.over) {
            claim.over = true;
            if (place.owner == claim && place.opened) {
                free(place);
            }
        }
    }

    private void free(Place place) {
        place.owner = null;
        process.timer(5, () -> next(place));
    }

    /** The topic is deleted: its files go. */
    void delete(TopicIdPartition id) {
        Place place = places.get(id);
        if (place != null && place.owner != null) {
            Claim owner = place.owner;
            process.timer(10, () -> owner.onWanted.accept(Integer.MAX_VALUE));
            process.timer(20 * Timeline.MILLIS, () -> delete(id));
        } else {
            process.machine().logs.remove(id);
        }
    }
}
