package dev.sampo.group.member;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group.Protocol;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.protocol.types.SchemaException;
import org.jspecify.annotations.Nullable;

/**
 * The members of one classic group, its leader, and what they can agree on.
 *
 * <p>Invariant: there is a leader if and only if there is a member; each static id names a member.
 */
public final class Members {
    private final Map<String, Member> byId = new LinkedHashMap<>();
    private final Map<String, String> idByInstance = new HashMap<>();
    private @Nullable String leader;

    /** Adds a member that is not there yet; the first becomes leader. */
    public void add(Member member) {
        if (byId.putIfAbsent(member.memberId(), member) != null) {
            throw new IllegalStateException("member " + member.memberId() + " added twice");
        }
        String instance = member.groupInstanceId();
        if (instance != null) {
            idByInstance.put(instance, member.memberId());
        }
        if (leader == null) {
            leader = member.memberId();
        }
    }

    /** Removes a member; when it led, the oldest other one leads. */
    public void remove(Member member) {
        byId.remove(member.memberId());
        String instance = member.groupInstanceId();
        if (instance != null) {
            idByInstance.remove(instance, member.memberId());
        }
        if (member.memberId().equals(leader)) {
            leader = byId.isEmpty() ? null : byId.keySet().iterator().next();
        }
    }

    /** Puts the renamed static member in the place of the old one, as leader too. */
    public void replace(Member old, Member renamed) {
        boolean led = old.memberId().equals(leader);
        remove(old);
        add(renamed);
        if (led) {
            leader = renamed.memberId();
        }
    }

    /** The leader stays when it is joining; otherwise the oldest member that is. False when none is joining. */
    public boolean electJoiningLeader() {
        Member current = leader == null ? null : byId.get(leader);
        if (current != null && current.joining()) {
            return true;
        }
        for (Member member : byId.values()) {
            if (member.joining()) {
                leader = member.memberId();
                return true;
            }
        }
        return false;
    }

    /** NONE, or why this caller is not the member it says: UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID. */
    public KafkaError check(String memberId, @Nullable String groupInstanceId) {
        if (groupInstanceId != null) {
            String holder = idByInstance.get(groupInstanceId);
            if (holder == null) {
                return KafkaError.UNKNOWN_MEMBER_ID;
            }
            if (!holder.equals(memberId)) {
                return KafkaError.FENCED_INSTANCE_ID;
            }
        }
        return byId.containsKey(memberId) ? KafkaError.NONE : KafkaError.UNKNOWN_MEMBER_ID;
    }

    /** True when a member with these protocols could work with all that are here. */
    public boolean supportOneOf(List<Protocol> protocols) {
        if (byId.isEmpty()) {
            return !protocols.isEmpty();
        }
        Set<String> common = commonProtocols();
        return protocols.stream().anyMatch(protocol -> common.contains(protocol.name()));
    }

    /**
     * Each member votes for the first of its protocols that all offer; most votes win. A tie goes by the order of a hash map
     * of the names, as in Kafka: who comes from there finds the same choice.
     */
    public String chooseProtocol() {
        Set<String> common = commonProtocols();
        Map<String, Integer> votes = new HashMap<>();
        for (Member member : byId.values()) {
            for (Protocol protocol : member.protocols()) {
                if (common.contains(protocol.name())) {
                    votes.merge(protocol.name(), 1, Integer::sum);
                    break;
                }
            }
        }
        String best = null;
        for (var entry : votes.entrySet()) {
            if (best == null || entry.getValue() > votes.getOrDefault(best, 0)) {
                best = entry.getKey();
            }
        }
        if (best == null) {
            throw new IllegalStateException("members without a common protocol: " + byId.keySet());
        }
        return best;
    }

    private Set<String> commonProtocols() {
        Set<String> common = null;
        for (Member member : byId.values()) {
            var names = new HashSet<String>();
            member.protocols().forEach(protocol -> names.add(protocol.name()));
            if (common == null) {
                common = names;
            } else {
                common.retainAll(names);
            }
        }
        return common == null ? Set.of() : common;
    }

    /**
     * The topics that the members subscribe to with this protocol; null when that cannot be known: it is not the
     * consumer protocol, or a member's metadata does not read as one.
     */
    public @Nullable Set<String> subscribedTopics(String protocolType, @Nullable String protocolName) {
        if (!protocolType.equals(ConsumerProtocol.PROTOCOL_TYPE) || (protocolName == null && !byId.isEmpty())) {
            return null;
        }
        var topics = new HashSet<String>();
        for (Member member : byId.values()) {
            Set<String> own = subscription(member.metadata(protocolName));
            if (own == null) {
                return null;
            }
            topics.addAll(own);
        }
        return topics;
    }

    /** Topics of one consumer subscription, null when the bytes are none. */
    public static @Nullable Set<String> subscription(byte[] metadata) {
        try {
            ByteBuffer buffer = ByteBuffer.wrap(metadata);
            short version = ConsumerProtocol.deserializeVersion(buffer);
            return new HashSet<>(ConsumerProtocol.deserializeSubscription(buffer, version).topics());
        } catch (SchemaException | IllegalArgumentException notASubscription) {
            return null;
        }
    }

    /** Longest of the members', 0 without members. */
    public int rebalanceTimeoutMs() {
        return byId.values().stream().mapToInt(Member::rebalanceTimeoutMs).max().orElse(0);
    }

    public boolean allJoining() {
        return byId.values().stream().allMatch(Member::joining);
    }

    public int joiningCount() {
        return (int) byId.values().stream().filter(Member::joining).count();
    }

    public @Nullable Member get(String memberId) {
        return byId.get(memberId);
    }

    /** The member that holds this instance id. */
    public @Nullable Member ofInstance(String groupInstanceId) {
        String id = idByInstance.get(groupInstanceId);
        return id == null ? null : byId.get(id);
    }

    /** In order of arrival. */
    public Collection<Member> all() {
        return byId.values();
    }

    public int size() {
        return byId.size();
    }

    public boolean isEmpty() {
        return byId.isEmpty();
    }

    public boolean leads(String memberId) {
        return memberId.equals(leader);
    }

    /** The leader's id; there must be members. */
    public String leader() {
        if (leader == null) {
            throw new IllegalStateException("a group without members has no leader");
        }
        return leader;
    }

    /** Used when a stored generation is restored; an id that is no member leaves the leader as it is. */
    public void restoreLeader(@Nullable String memberId) {
        if (memberId != null && byId.containsKey(memberId)) {
            leader = memberId;
        }
    }

    public void clear() {
        byId.clear();
        idByInstance.clear();
        leader = null;
    }
}
