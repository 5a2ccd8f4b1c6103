package dev.sampo.cluster;

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
        assertThat(MetadataMembers.next(ONE_TO_THREE, brokers(3))).isEmpty();
        assertThat(MetadataMembers.next(ONE_TO_THREE, brokers(4))).contains(members(Set.of(1, 2, 3), Set.of(4)));
        assertThat(MetadataMembers.next(
                        members(Set.of(1, 2, 3), Set.of(4)), brokers(4).apply(new BrokerUnregistered(4))))
                .contains(ONE_TO_THREE);
        assertThat(MetadataMembers.next(ONE_TO_THREE, brokers(4).apply(new BrokerFenced(4, 4)))).isEmpty();
    }
}
