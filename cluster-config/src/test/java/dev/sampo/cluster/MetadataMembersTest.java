package dev.sampo.cluster;

import dev.sampo.cluster.MetadataMembers.Step;
import dev.sampo.partition.controller.ControllerEvent.BrokerFenced;
import dev.sampo.partition.controller.ControllerEvent.BrokerRegistered;
import dev.sampo.partition.controller.ControllerEvent.BrokerUnregistered;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.persistence.metadata.MetadataLog.Member;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class MetadataMembersTest {
    private static final Set<Member> ONE_TO_THREE = members(Set.of(1, 2, 3), Set.of());

    private static MetadataImage brokers(int count) {
        MetadataImage image = MetadataImage.EMPTY;
        for (int id = 1; id <= count; id++) {
            image = image.apply(new BrokerRegistered(
                    id, new Uuid(1, id), new Uuid(2, id), id, List.of(), null, "host" + id + ":7356"));
        }
        return image;
    }

    private static Set<Member> members(Set<Integer> voters, Set<Integer> listeners) {
        var members = new HashSet<Member>();
        voters.forEach(id -> members.add(new Member(id, "host" + id + ":7356", true)));
        listeners.forEach(id -> members.add(new Member(id, "host" + id + ":7356", false)));
        return members;
    }

    @Test
    void aRegisteredBrokerListensAndAnUnregisteredOneTakesNoPart() {
        assertThat(MetadataMembers.next(ONE_TO_THREE, brokers(3), 1, null)).isEmpty();
        assertThat(MetadataMembers.next(ONE_TO_THREE, brokers(4), 1, null))
                .contains(new Step.Change(members(Set.of(1, 2, 3), Set.of(4))));
        assertThat(MetadataMembers.next(
                        members(Set.of(1, 2, 3), Set.of(4)), brokers(4).apply(new BrokerUnregistered(4)), 1, null))
                .contains(new Step.Change(ONE_TO_THREE));
        assertThat(MetadataMembers.next(ONE_TO_THREE, brokers(4).apply(new BrokerFenced(4, 4)), 1, null)).isEmpty();
    }

    @Test
    void votersAreAddedBeforeOthersGoAndWhoLeadsGoesLast() {
        // Given
        var members = members(Set.of(1, 2, 3), Set.of(4, 5));
        var wanted = Set.of(3, 4, 5);
        var steps = new java.util.ArrayList<Step>();
        // When
        for (int i = 0; i < 4; i++) {
            Step step = MetadataMembers.next(members, brokers(5), 1, wanted).orElseThrow();
            steps.add(step);
            if (step instanceof Step.Change(var next)) {
                members = next;
            }
        }
        // Then
        assertThat(steps).containsExactly(
                new Step.Change(members(Set.of(1, 2, 3, 4), Set.of(5))),
                new Step.Change(members(Set.of(1, 2, 3, 4, 5), Set.of())),
                new Step.Change(members(Set.of(1, 3, 4, 5), Set.of(2))),
                new Step.Transfer(3));
        assertThat(MetadataMembers.next(members, brokers(5), 3, wanted))
                .contains(new Step.Change(members(Set.of(3, 4, 5), Set.of(1, 2))));
        assertThat(MetadataMembers.next(members(Set.of(3, 4, 5), Set.of(1, 2)), brokers(5), 3, wanted)).isEmpty();
    }

    @Test
    void aVoterThatDoesNotRunIsNotAdded() {
        var members = members(Set.of(1), Set.of(2));
        assertThat(MetadataMembers.next(members, brokers(2).apply(new BrokerFenced(2, 2)), 1, Set.of(1, 2, 3)))
                .contains(new Step.Missing(2));
        assertThat(MetadataMembers.next(members(Set.of(1, 2), Set.of()), brokers(2), 1, Set.of(1, 2, 3)))
                .contains(new Step.Missing(3));
    }
}
