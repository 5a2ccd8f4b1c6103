package dev.sampo.kafka.connection;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who may connect: a number for all, a number and a rate (token bucket) for each address. Pure; used on the accepting
 * loop only. Loopback addresses have no limit of their own, since on them many clients share one address by design.
 */
final class ConnectionQuotas {
    private static final int MAX_REMEMBERED = 100_000;

    private static final class Peer {
        private int open;
        private double tokens;
        private long filledMs;
    }

    private final int maxConnections;
    private final int maxPerAddress;
    private final int perSecond;
    private final int burst;
    private final Map<InetAddress, Peer> peers = new HashMap<>();
    private int open;

    ConnectionQuotas(int maxConnections, int maxPerAddress, int perSecond, int burst) {
        this.maxConnections = maxConnections;
        this.maxPerAddress = maxPerAddress;
        this.perSecond = perSecond;
        this.burst = burst;
    }

    /** Null when the connection is taken (and counted), else the name of the limit. */
    @Nullable String accept(InetAddress address, long nowMs) {
        if (open >= maxConnections) {
            return "max-connections";
        }
        if (!address.isLoopbackAddress()) {
            if (peers.size() >= MAX_REMEMBERED) {
                forgetQuiet(nowMs);
            }
            Peer peer = peers.computeIfAbsent(address, a -> newPeer(nowMs));
            peer.tokens = tokens(peer, nowMs);
            peer.filledMs = nowMs;
            if (peer.open >= maxPerAddress) {
                return "max-connections-per-address";
            }
            if (peer.tokens < 1) {
                return "new-connections-per-second";
            }
            peer.tokens--;
            peer.open++;
        }
        open++;
        return null;
    }

    /** A connection that was taken is closed. */
    void closed(InetAddress address) {
        open--;
        Peer peer = peers.get(address);
        if (peer != null) {
            peer.open--;
        }
    }

    /** Forgets addresses without connections whose bucket is full again. */
    void forgetQuiet(long nowMs) {
        peers.values().removeIf(peer -> peer.open == 0 && tokens(peer, nowMs) >= burst);
    }

    int open() {
        return open;
    }

    private Peer newPeer(long nowMs) {
        Peer peer = new Peer();
        peer.tokens = burst;
        peer.filledMs = nowMs;
        return peer;
    }

    private double tokens(Peer peer, long nowMs) {
        return Math.min(burst, peer.tokens + (nowMs - peer.filledMs) * (double) perSecond / 1000);
    }
}
