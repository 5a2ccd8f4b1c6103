package dev.sampo.partition.controller;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Controller.ChangeVoter;
import dev.sampo.actors.protocol.Controller.ItemResult;
import dev.sampo.persistence.metadata.MetadataLog.Member;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class MetadataQuorumTest {
    private static final Uuid DIRECTORY = new Uuid(0, 4);
    private static final Set<Member> MEMBERS =
            Set.of(new Member(1, "a:1", true), new Member(2, "b:1", true), new Member(4, "d:1", false));
    private final MetadataImage image = MetadataImage.EMPTY
            .apply(new ControllerEvent.BrokerRegistered(1, new Uuid(0, 1), Uuid.ZERO_UUID, 1, List.of(), null, "a:1"))
            .apply(new ControllerEvent.BrokerRegistered(4, DIRECTORY, Uuid.ZERO_UUID, 2, List.of(), null, "d:1"));

    @Test
    void whoVotesAlreadyOrNotIsToldSo() {
        assertThat(refusal(1, null, true)).isEqualTo(KafkaError.DUPLICATE_VOTER);
        assertThat(refusal(4, null, false)).isEqualTo(KafkaError.VOTER_NOT_FOUND);
        assertThat(refusal(4, new Uuid(0, 5), true)).isEqualTo(KafkaError.INVALID_VOTER_KEY);
        assertThat(refusal(5, null, true)).isEqualTo(KafkaError.INVALID_REQUEST);
        assertThat(refusal(4, DIRECTORY, true)).isEqualTo(KafkaError.NONE);
        assertThat(refusal(2, null, false)).isEqualTo(KafkaError.NONE);
        assertThat(MetadataQuorum.refusal(image, Set.of(new Member(1, "a:1", true)), command(1, null, false)))
                .get().extracting(ItemResult::error).isEqualTo(KafkaError.INVALID_REQUEST);
    }

    @Test
    void aVoterThatGoesListensAsLongAsItIsRegistered() {
        assertThat(MetadataQuorum.changed(image, MEMBERS, command(4, null, true)))
                .containsExactlyInAnyOrder(
                        new Member(1, "a:1", true), new Member(2, "b:1", true), new Member(4, "d:1", true));
        assertThat(MetadataQuorum.changed(image, MEMBERS, command(1, null, false))).contains(new Member(1, "a:1", false));
        assertThat(MetadataQuorum.changed(image, MEMBERS, command(2, null, false)))
                .containsExactlyInAnyOrder(new Member(1, "a:1", true), new Member(4, "d:1", false));
    }

    private KafkaError refusal(int broker, @Nullable Uuid directory, boolean voter) {
        return MetadataQuorum.refusal(image, MEMBERS, command(broker, directory, voter))
                .map(ItemResult::error).orElse(KafkaError.NONE);
    }

    @SuppressWarnings("NullAway") // nobody is answered
    private static ChangeVoter command(int broker, @Nullable Uuid directory, boolean voter) {
        return new ChangeVoter(broker, directory, voter, (ActorRef<Object>) null);
    }
}
