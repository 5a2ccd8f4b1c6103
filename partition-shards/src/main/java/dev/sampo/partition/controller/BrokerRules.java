package dev.sampo.partition.controller;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller.AllocateProducerIds;
import dev.sampo.actors.protocol.Controller.AllocateProducerIdsReply;
import dev.sampo.actors.protocol.Controller.BecomeLeader;
import dev.sampo.actors.protocol.Controller.BecomeLeaderReply;
import dev.sampo.actors.protocol.Controller.BrokerStopping;
import dev.sampo.actors.protocol.Controller.ChangeInSyncReplicas;
import dev.sampo.actors.protocol.Controller.FenceBroker;
import dev.sampo.actors.protocol.Controller.ItemResult;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import dev.sampo.actors.protocol.Controller.RegisterBroker;
import dev.sampo.actors.protocol.Controller.RegisterBrokerReply;
import dev.sampo.partition.controller.MetadataImage.Broker;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.placement.LeaderCandidates;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Brokers: registration, fencing, leadership, ISR, producer ids. Pure. */
final class BrokerRules {
    /** Kafka's block size. */
    static final int PRODUCER_IDS_PER_BLOCK = 1000;

    private final InSyncRules inSync;

    BrokerRules(InSyncRules inSync) {
        this.inSync = inSync;
    }

    /**
     * A registered broker process gets a new incarnation; the same process that repeats itself gets its own again. A new
     * incarnation stays in the ISRs that it is still in, unless it has lost the tail of its logs; one with another data
     * folder has lost everything and leaves each ISR. A process that was registered before lost its tail before that: when it is
     * heard again, perhaps late, it may have caught up since. One that was never registered is heard only if it knows whose place
     * it takes: what it sent may come when a later process is registered and has caught up.
     */
    Decision<RegisterBrokerReply> register(MetadataImage image, RegisterBroker command) {
        Broker known = image.brokers().get(command.brokerId());
        if (known != null && !known.fenced()) {
            if (!known.directoryId().equals(command.directoryId())) {
                String message = "Broker id " + command.brokerId() + " is taken: the live broker has data directory "
                        + known.directoryId() + ", this one " + command.directoryId()
                        + ". Give this broker another id, or start it with that directory.";
                return new Decision<>(List.of(), new RegisterBrokerReply(
                        KafkaError.DUPLICATE_BROKER_REGISTRATION, message, -1, -1));
            }
            if (known.processId().equals(command.processId()) && known.endpoints().equals(command.endpoints())
                    && Objects.equals(known.rack(), command.rack())) {
                return new Decision<>(List.of(),
                        new RegisterBrokerReply(KafkaError.NONE, null, known.incarnation(), image.offset()));
            }
        }
        Broker holder = directoryHolder(image, command);
        if (holder != null) {
            return new Decision<>(List.of(), new RegisterBrokerReply(KafkaError.DUPLICATE_BROKER_REGISTRATION,
                    "Data directory " + command.directoryId() + " belongs to the live broker " + holder.id()
                            + ", not to broker " + command.brokerId() + ". Start this broker with its own directory.",
                    -1, -1));
        }
        long present = known == null ? RegisterBroker.NOBODY : known.incarnation();
        if (command.knownIncarnation() != 0 && command.knownIncarnation() != present) {
            return new Decision<>(List.of(), new RegisterBrokerReply(KafkaError.STALE_BROKER_EPOCH,
                    "Broker " + command.brokerId() + " has incarnation " + present + ", not " + command.knownIncarnation()
                            + ". Register with that one.",
                    present, image.offset()));
        }
        var draft = new Draft(image);
        long incarnation = image.brokerRegistrations() + 1;
        draft.add(new ControllerEvent.BrokerRegistered(command.brokerId(), command.directoryId(),
                command.processId(), incarnation, List.copyOf(command.endpoints()), command.rack(),
                command.raftAddress()));
        if (known != null) {
            if (!known.directoryId().equals(command.directoryId())) {
                inSync.leave(draft, command.brokerId(), InSyncRules.Loss.EVERYTHING);
            } else if (command.lostTail() && !known.processId().equals(command.processId())) {
                inSync.leave(draft, command.brokerId(), InSyncRules.Loss.TAIL);
            }
        }
        return new Decision<>(draft.events(),
                new RegisterBrokerReply(KafkaError.NONE, null, incarnation, draft.metadataOffset()));
    }

    private static @Nullable Broker directoryHolder(MetadataImage image, RegisterBroker command) {
        for (Broker broker : image.brokers().values()) {
            if (broker.id() != command.brokerId() && !broker.fenced()
                    && broker.directoryId().equals(command.directoryId())) {
                return broker;
            }
        }
        return null;
    }

    Decision<ItemsReply> fence(MetadataImage image, FenceBroker command) {
        KafkaError error = staleness(image, command.brokerId(), command.incarnation());
        if (error != KafkaError.NONE) {
            return refused(error, "Broker " + command.brokerId() + " incarnation " + command.incarnation()
                    + " is not the live one.");
        }
        if (command.controllerEpoch() != 0 && command.controllerEpoch() != image.controllerEpoch()) {
            return refused(KafkaError.NOT_CONTROLLER, "Broker " + command.brokerId() + " was silent in controller epoch "
                    + command.controllerEpoch() + "; it is " + image.controllerEpoch() + ".");
        }
        var draft = new Draft(image);
        draft.add(new ControllerEvent.BrokerFenced(command.brokerId(), command.incarnation()));
        inSync.leave(draft, command.brokerId(), InSyncRules.Loss.NOTHING);
        return accepted(draft);
    }

    /** A broker is about to stop: its groups move while it still serves them. */
    Decision<ItemsReply> stopping(MetadataImage image, BrokerStopping command) {
        KafkaError error = staleness(image, command.brokerId(), command.incarnation());
        Broker broker = image.brokers().get(command.brokerId());
        if (broker == null || error != KafkaError.NONE) {
            return refused(error, "Broker " + command.brokerId() + " incarnation " + command.incarnation()
                    + " is not the live one.");
        }
        var draft = new Draft(image);
        if (!broker.shuttingDown()) {
            draft.add(new ControllerEvent.BrokerChanged(command.brokerId(), true, broker.drained()));
        }
        return accepted(draft);
    }

    /**
     * Only a candidate in its current incarnation may lead; each grant is a new epoch. The present leader that has not heard
     * of its epoch yet gets that one.
     */
    Decision<BecomeLeaderReply> becomeLeader(MetadataImage image, BecomeLeader command) {
        PlacementGroup group = image.groups().get(command.groupId());
        if (group == null) {
            return notGranted(command, KafkaError.RESOURCE_NOT_FOUND);
        }
        KafkaError error = staleness(image, command.brokerId(), command.incarnation());
        if (error != KafkaError.NONE) {
            return notGranted(command, error);
        }
        if (group.leader() == command.brokerId() && group.leaderEpoch() > command.knownEpoch()) {
            return new Decision<>(List.of(), new BecomeLeaderReply(
                    group.id(), KafkaError.NONE, group.leaderEpoch(), image.offset()));
        }
        LeaderCandidates candidates = inSync.candidates(image, group);
        if (!candidates.includes(image, command.brokerId())) {
            return notGranted(command, KafkaError.INELIGIBLE_REPLICA);
        }
        var draft = new Draft(image);
        draft.addAll(inSync.elect(image, group, command.brokerId(), candidates.kind()));
        return new Decision<>(draft.events(), new BecomeLeaderReply(
                group.id(), KafkaError.NONE, group.leaderEpoch() + 1, draft.metadataOffset()));
    }

    private static Decision<BecomeLeaderReply> notGranted(BecomeLeader command, KafkaError error) {
        return new Decision<>(List.of(), new BecomeLeaderReply(command.groupId(), error, -1, -1));
    }

    Decision<ItemsReply> changeInSyncReplicas(MetadataImage image, ChangeInSyncReplicas command) {
        PlacementGroup group = image.groups().get(command.groupId());
        if (group == null) {
            return refused(KafkaError.RESOURCE_NOT_FOUND, "There is no placement group " + command.groupId() + ".");
        }
        KafkaError error = staleness(image, command.brokerId(), command.incarnation());
        List<Integer> wanted = command.inSyncReplicas();
        if (error == KafkaError.NONE) {
            if (group.leader() != command.brokerId() || group.leaderEpoch() != command.leaderEpoch()) {
                error = KafkaError.FENCED_LEADER_EPOCH;
            } else if (group.partitionEpoch() != command.partitionEpoch()) {
                error = KafkaError.INVALID_UPDATE_VERSION;
            } else if (!wanted.contains(command.brokerId()) || !group.replicas().containsAll(wanted)
                    || new HashSet<>(wanted).size() != wanted.size() || !areCurrent(image, command)) {
                error = KafkaError.INELIGIBLE_REPLICA;
            }
        }
        if (error != KafkaError.NONE) {
            return refused(error, "Group " + group.id() + " has leader " + group.leader() + ", leader epoch "
                    + group.leaderEpoch() + ", partition epoch " + group.partitionEpoch() + ", replicas "
                    + group.replicas() + "; wanted in-sync replicas " + wanted + ".");
        }
        var draft = new Draft(image);
        if (!new HashSet<>(wanted).equals(new HashSet<>(group.inSyncReplicas()))) {
            draft.add(inSync.change(image, group, wanted));
        }
        return accepted(draft);
    }

    /** Whether each member is the very process that the leader has seen (KIP-903), and live. */
    private static boolean areCurrent(MetadataImage image, ChangeInSyncReplicas command) {
        for (int i = 0; i < command.inSyncReplicas().size(); i++) {
            Broker broker = image.brokers().get(command.inSyncReplicas().get(i));
            if (broker == null || broker.fenced()
                    || (i < command.incarnations().size() && broker.incarnation() != command.incarnations().get(i))) {
                return false;
            }
        }
        return true;
    }

    Decision<AllocateProducerIdsReply> allocateProducerIds(MetadataImage image, AllocateProducerIds command) {
        KafkaError error = staleness(image, command.brokerId(), command.incarnation());
        if (error != KafkaError.NONE) {
            return new Decision<>(List.of(), new AllocateProducerIdsReply(error, -1, 0, -1));
        }
        var draft = new Draft(image);
        long first = image.nextProducerId();
        draft.add(new ControllerEvent.ProducerIdsAllocated(command.brokerId(), first, PRODUCER_IDS_PER_BLOCK));
        return new Decision<>(draft.events(), new AllocateProducerIdsReply(
                KafkaError.NONE, first, PRODUCER_IDS_PER_BLOCK, draft.metadataOffset()));
    }

    private static KafkaError staleness(MetadataImage image, int brokerId, long incarnation) {
        Broker broker = image.brokers().get(brokerId);
        if (broker == null) {
            return KafkaError.BROKER_ID_NOT_REGISTERED;
        }
        return broker.fenced() || broker.incarnation() != incarnation
                ? KafkaError.STALE_BROKER_EPOCH
                : KafkaError.NONE;
    }

    private static Decision<ItemsReply> accepted(Draft draft) {
        return new Decision<>(draft.events(),
                new ItemsReply(List.of(new ItemResult(KafkaError.NONE, null)), draft.metadataOffset()));
    }

    private static Decision<ItemsReply> refused(KafkaError error, String message) {
        return new Decision<>(List.of(), new ItemsReply(List.of(new ItemResult(error, message)), -1));
    }
}
