package dev.sampo.tests.simulation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Messages between places (brokers by id, clients from {@link #FIRST_CLIENT} on). First in, first out per ordered pair while the
 * association lives; when it breaks, what is under way is lost, or arrives late, beside what is sent later. A cut holds or
 * loses what is sent.
 */
final class Network {
    static final int FIRST_CLIENT = 10;
    private static final int PLACES = 200;

    /** Kinds of connection. */
    enum Channel {
        /** Between actor systems: now and then a message is lost or comes twice, as when an asker repeats. */
        CONTROL,
        /** A TCP connection: all or nothing. */
        STREAM
    }

    private static final class Link {
        long lastArrival;
        int generation;
        int lostGeneration = -1; // something of this one, or an earlier one, was lost
        long lastLate;
        int cuts;
        boolean holding;
        final List<Held> held = new ArrayList<>();
    }

    private record Held(Channel channel, Runnable arrival) {}

    private final Timeline time;
    private final Dice dice;
    private final Plan plan;
    private final Reach reach;
    private final @Nullable Link[][] links = new Link[PLACES][PLACES];
    private boolean calm;

    Network(Timeline time, Dice dice, Plan plan, Reach reach) {
        this.time = time;
        this.dice = dice;
        this.plan = plan;
        this.reach = reach;
    }

    private Link link(int from, int to) {
        Link link = links[from][to];
        if (link == null) {
            link = new Link();
            links[from][to] = link;
        }
        return link;
    }

    /** Whether messages get from one place to the other at present. */
    boolean open(int from, int to) {
        return from == to || link(from, to).cuts == 0;
    }

    boolean openBothWays(int one, int other) {
        return open(one, other) && open(other, one);
    }

    /** {@code arrival} runs when the message arrives; the receiver queues it. */
    void send(int from, int to, Channel channel, Runnable arrival) {
        if (from == to) {
            time.after(dice.between(5, 50), arrival);
            return;
        }
        Link link = link(from, to);
        if (link.cuts > 0) {
            if (link.holding && link.held.size() < 200) {
                link.held.add(new Held(channel, arrival));
            }
            return;
        }
        if (!calm && channel == Channel.CONTROL && dice.chance(plan.lossRate())) {
            return;
        }
        transmit(link, channel, arrival);
    }

    private void transmit(Link link, Channel channel, Runnable arrival) {
        long delay = dice.heavyTail(plan.typicalDelayMicros(), 50 * Timeline.MILLIS);
        link.lastArrival = Math.max(time.nowMicros() + delay, link.lastArrival + 1);
        int generation = link.generation;
        time.at(link.lastArrival, () -> {
            if (link.generation == generation) {
                arrival.run();
            } else {
                late(link, channel, generation, arrival);
            }
        });
        if (!calm && channel == Channel.CONTROL && dice.chance(plan.duplicateRate())) {
            reach.hit(Reach.Point.DUPLICATED_MESSAGE);
            time.at(link.lastArrival + dice.heavyTail(20 * Timeline.MILLIS, 10 * Timeline.SECONDS), arrival);
        }
    }

    /** Its connection is broken: lost, or still in the receiver's buffers, in order, up to the first that is lost. */
    private void late(Link link, Channel channel, int generation, Runnable arrival) {
        boolean behindLost = channel == Channel.STREAM && generation <= link.lostGeneration;
        if (calm || behindLost || !dice.chance(plan.lateRate())) {
            link.lostGeneration = Math.max(link.lostGeneration, generation);
            return;
        }
        reach.hit(Reach.Point.LATE_MESSAGE);
        link.lastLate = Math.max(link.lastLate + 1, time.nowMicros() + dice.between(1, plan.latestMicros()));
        time.at(link.lastLate, arrival);
    }

    /** Breaks the connections of a pair, in one direction. */
    void breakLink(int from, int to) {
        Link link = link(from, to);
        link.generation++;
        link.lastArrival = time.nowMicros();
        reach.hit(Reach.Point.BROKEN_CONNECTION);
    }

    /** Which connection this is: another number after each break. */
    int generation(int from, int to) {
        return from == to ? 0 : link(from, to).generation;
    }

    /** @param holding what is sent meanwhile arrives when the cut is mended, unless the connection breaks first */
    void cut(int from, int to, boolean holding) {
        Link link = link(from, to);
        link.cuts++;
        link.holding = holding;
        if (!holding) {
            link.generation++;
        }
    }

    void mend(int from, int to) {
        Link link = link(from, to);
        if (link.cuts > 0 && --link.cuts == 0) {
            if (!link.holding) {
                link.generation++;
            }
            link.lastArrival = Math.max(link.lastArrival, time.nowMicros());
            link.held.forEach(held -> transmit(link, held.channel(), held.arrival()));
            link.held.clear();
        }
    }

    /** No message is lost, repeated or late any more. */
    void calmDown() {
        calm = true;
        mendAll();
    }

    private void mendAll() {
        for (int from = 0; from < PLACES; from++) {
            for (int to = 0; to < PLACES; to++) {
                while (links[from][to] != null && links[from][to].cuts > 0) {
                    mend(from, to);
                }
            }
        }
    }
}
