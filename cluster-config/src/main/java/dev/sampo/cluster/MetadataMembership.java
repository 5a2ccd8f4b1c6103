package dev.sampo.cluster;

import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImage.Broker;
import dev.sampo.partition.controller.MetadataImages;
import dev.sampo.persistence.metadata.MetadataLog;
import dev.sampo.persistence.metadata.MetadataLog.Member;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * On the node that leads the metadata log: every registered broker takes part in it, those that are no voters as listeners;
 * one that was unregistered takes no part. One change at a time.
 */
final class MetadataMembership {
    private static final Logger log = LoggerFactory.getLogger(MetadataMembership.class);
    private static final Duration LOOK = Duration.ofMillis(200);

    private final ActorSystem<?> system;
    private final MetadataLog metadataLog;
    private final MetadataImages images;
    private final java.util.function.Supplier<MetadataLog.Role> role;
    private final AtomicBoolean changing = new AtomicBoolean();

    private MetadataMembership(
            ActorSystem<?> system, MetadataLog metadataLog, MetadataImages images,
            java.util.function.Supplier<MetadataLog.Role> role) {
        this.system = system;
        this.metadataLog = metadataLog;
        this.images = images;
        this.role = role;
    }

    /** Looks now and then, until the actor system ends. */
    static void start(
            ActorSystem<?> system, MetadataLog metadataLog, MetadataImages images,
            java.util.function.Supplier<MetadataLog.Role> role) {
        var membership = new MetadataMembership(system, metadataLog, images, role);
        system.scheduler().scheduleWithFixedDelay(LOOK, LOOK, membership::look, system.executionContext());
    }

    private void look() {
        if (!role.get().leader() || !changing.compareAndSet(false, true)) {
            return;
        }
        Optional<Set<Member>> wanted;
        try {
            wanted = next(metadataLog.members(), images.current());
        } catch (RuntimeException e) {
            changing.set(false);
            log.atDebug().setCause(e).log("the members of the metadata log cannot be read now");
            return;
        }
        if (wanted.isEmpty()) {
            changing.set(false);
            return;
        }
        log.atInfo().addKeyValue("members", wanted.get()).log("the metadata log gets other members");
        metadataLog.changeMembers(wanted.get()).whenComplete((done, failure) -> {
            if (failure != null) {
                log.atWarn().addKeyValue("members", wanted.get())
                        .log("the members of the metadata log were not changed, trying again: {}", failure.toString());
            }
            changing.set(false);
        });
    }

    /** The members to have next, empty when all is as it should be. Listeners come and go one at a time. */
    static Optional<Set<Member>> next(Set<Member> members, MetadataImage image) {
        for (Broker broker : image.brokers().values()) {
            String address = broker.raftAddress();
            if (!broker.fenced() && address != null
                    && members.stream().noneMatch(member -> member.nodeId() == broker.id())) {
                Set<Member> next = new HashSet<>(members);
                next.add(new Member(broker.id(), address, false));
                return Optional.of(next);
            }
        }
        for (Member member : members) {
            if (!member.voter() && image.brokerRegistrations() > 0 && !image.brokers().containsKey(member.nodeId())) {
                Set<Member> next = new HashSet<>(members);
                next.remove(member);
                return Optional.of(next);
            }
        }
        return Optional.empty();
    }
}
