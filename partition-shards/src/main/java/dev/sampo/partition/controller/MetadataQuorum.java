package dev.sampo.partition.controller;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller.ChangeVoter;
import dev.sampo.actors.protocol.Controller.ItemResult;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import dev.sampo.actors.protocol.Controller.QuorumMember;
import dev.sampo.actors.protocol.Controller.QuorumReply;
import dev.sampo.partition.controller.MetadataImage.Broker;
import dev.sampo.persistence.metadata.MetadataLog;
import dev.sampo.persistence.metadata.MetadataLog.Member;
import dev.sampo.persistence.metadata.MetadataLog.Quorum;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the node that leads the metadata log tells of its group, and changes in it. Thread-safe. */
public final class MetadataQuorum {
    private static final Logger log = LoggerFactory.getLogger(MetadataQuorum.class);

    private final MetadataLog metadataLog;
    private final MetadataImages images;

    /** Of this node. */
    public MetadataQuorum(MetadataLog metadataLog, MetadataImages images) {
        this.metadataLog = metadataLog;
        this.images = images;
    }

    QuorumReply describe() {
        Quorum quorum = metadataLog.quorum();
        List<QuorumMember> members = quorum.members().stream()
                .map(each -> new QuorumMember(each.member().nodeId(), each.member().voter(), each.member().address(),
                        each.endOffset(), each.silentMs()))
                .sorted(Comparator.comparingInt(QuorumMember::brokerId))
                .toList();
        return new QuorumReply(quorum.leaderId(), quorum.term(), quorum.committed(), members, -1);
    }

    /** Completes with the answer to a {@link ChangeVoter}. */
    CompletionStage<ItemsReply> change(ChangeVoter command) {
        Set<Member> members = metadataLog.members();
        Optional<ItemResult> refusal = refusal(images.current(), members, command);
        if (refusal.isPresent()) {
            return CompletableFuture.completedFuture(reply(refusal.get()));
        }
        int leader = metadataLog.quorum().leaderId();
        if (!command.voter() && command.brokerId() == leader) {
            int other = members.stream()
                    .filter(member -> member.voter() && member.nodeId() != leader)
                    .mapToInt(Member::nodeId)
                    .min()
                    .orElseThrow();
            return answered(metadataLog.transferLeadership(other), new ItemResult(KafkaError.NOT_CONTROLLER,
                    "Broker " + leader + " led the metadata log, broker " + other + " does now: ask again."));
        }
        log.atInfo().addKeyValue("brokerId", command.brokerId()).addKeyValue("voter", command.voter())
                .log("the metadata log gets other voters");
        return answered(
                metadataLog.changeMembers(changed(images.current(), members, command)),
                new ItemResult(KafkaError.NONE, null));
    }

    private static CompletionStage<ItemsReply> answered(CompletionStage<Void> change, ItemResult result) {
        return change.handle((done, failure) -> reply(failure == null
                ? result
                : new ItemResult(KafkaError.REQUEST_TIMED_OUT, "The metadata log did not take the change: " + failure)));
    }

    private static ItemsReply reply(ItemResult result) {
        return new ItemsReply(List.of(result), -1);
    }

    /** Why a change is not to be made, empty when it is. */
    static Optional<ItemResult> refusal(MetadataImage image, Set<Member> members, ChangeVoter command) {
        int id = command.brokerId();
        boolean votes = members.stream().anyMatch(member -> member.voter() && member.nodeId() == id);
        if (command.voter() && votes) {
            return refused(KafkaError.DUPLICATE_VOTER, "Broker " + id + " is a voter already.");
        }
        if (!command.voter() && !votes) {
            return refused(KafkaError.VOTER_NOT_FOUND, "Broker " + id + " is no voter.");
        }
        Broker broker = image.brokers().get(id);
        if (broker != null && command.directoryId() != null && !broker.directoryId().equals(command.directoryId())) {
            return refused(KafkaError.INVALID_VOTER_KEY,
                    "Broker " + id + " has the data directory " + broker.directoryId() + ", not " + command.directoryId() + ".");
        }
        if (command.voter() && (broker == null || broker.fenced() || broker.raftAddress() == null)) {
            return refused(KafkaError.INVALID_REQUEST, "Broker " + id + " is not alive, or does not say where the metadata"
                    + " log reaches it.");
        }
        if (!command.voter() && members.stream().filter(Member::voter).count() == 1) {
            return refused(KafkaError.INVALID_REQUEST, "Broker " + id + " is the only voter.");
        }
        return Optional.empty();
    }

    private static Optional<ItemResult> refused(KafkaError error, String message) {
        return Optional.of(new ItemResult(error, message));
    }

    /** The members then. A voter that goes listens, as long as it is registered. */
    static Set<Member> changed(MetadataImage image, Set<Member> members, ChangeVoter command) {
        Set<Member> next = new HashSet<>();
        String address = null;
        for (Member member : members) {
            if (member.nodeId() == command.brokerId()) {
                address = member.address();
            } else {
                next.add(member);
            }
        }
        Broker broker = image.brokers().get(command.brokerId());
        if (address == null && broker != null) {
            address = broker.raftAddress();
        }
        if (address != null && broker != null) {
            next.add(new Member(command.brokerId(), address, command.voter()));
        }
        return next;
    }
}
