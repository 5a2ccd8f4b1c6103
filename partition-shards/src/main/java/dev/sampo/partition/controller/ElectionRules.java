package dev.sampo.partition.controller;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller.ElectLeaders;
import dev.sampo.actors.protocol.Controller.ItemResult;
import dev.sampo.actors.protocol.Controller.ItemsReply;
import dev.sampo.actors.protocol.Controller.NamedPartition;
import dev.sampo.partition.controller.ControllerEvent.InSyncReplicasChanged;
import dev.sampo.partition.controller.ControllerEvent.LeaderWanted;
import dev.sampo.partition.controller.MetadataImage.Broker;
import dev.sampo.partition.controller.MetadataImage.PlacementGroup;
import dev.sampo.partition.controller.MetadataImage.Topic;
import java.util.ArrayList;
import java.util.List;

/**
 * Elections that an administrator asks for. Pure; answers, codes and texts as Kafka 4.4's controller. What is decided here
 * is who may lead and who is wanted to: the election itself is asked for by the group's sentinel, where sharding starts it.
 *
 * <p>A placement group is elected as a whole, so an election for one partition is one for all that share its group.
 */
final class ElectionRules {
    private static final ItemResult OK = new ItemResult(KafkaError.NONE, null);

    Decision<ItemsReply> elect(MetadataImage image, ElectLeaders command) {
        var draft = new Draft(image);
        var results = new ArrayList<ItemResult>();
        for (NamedPartition wanted : command.partitions()) {
            try {
                PlacementGroup group = group(draft.image(), wanted);
                if (command.unclean()) {
                    unclean(draft, group);
                } else {
                    preferred(draft, group);
                }
                results.add(OK);
            } catch (RefusedException e) {
                results.add(e.result());
            }
        }
        return new Decision<>(draft.events(), new ItemsReply(results, draft.metadataOffset()));
    }

    private static PlacementGroup group(MetadataImage image, NamedPartition wanted) throws RefusedException {
        Topic topic = image.topic(wanted.topic());
        if (topic == null) {
            throw new RefusedException(
                    KafkaError.UNKNOWN_TOPIC_OR_PARTITION, "No such topic as " + wanted.topic());
        }
        if (wanted.partition() < 0 || wanted.partition() >= topic.partitionGroups().size()) {
            throw new RefusedException(KafkaError.UNKNOWN_TOPIC_OR_PARTITION,
                    "No such partition as " + wanted.topic() + "-" + wanted.partition());
        }
        return image.groupOf(topic, wanted.partition());
    }

    private static void preferred(Draft draft, PlacementGroup group) throws RefusedException {
        Integer preferred = group.replicas().getFirst();
        if (group.leader() == preferred) {
            throw notNeeded();
        }
        Broker broker = draft.image().brokers().get(preferred);
        if (broker == null || broker.fenced() || broker.shuttingDown() || broker.drained()
                || !group.inSyncReplicas().contains(preferred)) {
            throw new RefusedException(KafkaError.PREFERRED_LEADER_NOT_AVAILABLE, "The preferred leader was not available.");
        }
        if (!preferred.equals(group.wantedLeader())) {
            draft.add(new LeaderWanted(group.id(), preferred));
        }
    }

    private static void unclean(Draft draft, PlacementGroup group) throws RefusedException {
        MetadataImage image = draft.image();
        if (image.isLive(group.leader())) {
            throw notNeeded();
        }
        if (group.inSyncReplicas().stream().anyMatch(image::isLive) || group.eligible().stream().anyMatch(image::isLive)) {
            return; // a clean election is under way
        }
        Integer survivor = group.replicas().stream().filter(image::isLive).findFirst().orElse(null);
        if (survivor == null) {
            throw new RefusedException(KafkaError.ELIGIBLE_LEADERS_NOT_AVAILABLE,
                    "Eligible topic partition leaders are not available.");
        }
        draft.add(new InSyncReplicasChanged(group.id(), List.of(survivor)));
    }

    private static RefusedException notNeeded() {
        return new RefusedException(
                KafkaError.ELECTION_NOT_NEEDED, "Leader election not needed for topic partition.");
    }
}
