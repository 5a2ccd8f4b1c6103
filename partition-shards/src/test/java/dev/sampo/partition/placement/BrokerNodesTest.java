package dev.sampo.partition.placement;

import java.util.List;
import java.util.Set;
import org.apache.pekko.actor.Address;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.UniqueAddress;
import org.apache.pekko.util.Version;
import org.junit.jupiter.api.Test;
import scala.jdk.javaapi.CollectionConverters;

import static org.assertj.core.api.Assertions.assertThat;

/** Which cluster member a broker is. */
final class BrokerNodesTest {
    private static final Member OLD = member(7, 1001, MemberStatus.up(), 3);
    private static final Member OTHER = member(8, 1002, MemberStatus.up(), 4);
    private static final Member NEW = member(7, 1003, MemberStatus.up(), 5);

    private static Member member(int broker, int port, MemberStatus status, int upNumber) {
        Set<String> roles = Set.of("dc-default", GroupAllocation.role(broker));
        return new Member(
                new UniqueAddress(new Address("pekko", "sampo", "127.0.0.1", port), (long) port), upNumber, status,
                CollectionConverters.asScala(roles).toSet(), Version.Zero());
    }

    private static void assertChosen(Member expected, Set<Member> unreachable, Member... members) {
        assertThat(BrokerNodes.member(7, List.of(members), unreachable)).containsSame(expected);
        assertThat(BrokerNodes.member(7, List.of(members).reversed(), unreachable)).containsSame(expected);
    }

    @Test
    void theOneThatIsUpIsPreferred() {
        assertChosen(NEW, Set.of(), OLD.copy(MemberStatus.leaving()), OTHER, NEW);
        assertChosen(OLD, Set.of(), OLD, OTHER, member(7, 1003, MemberStatus.joining(), Integer.MAX_VALUE));
    }

    @Test
    void oneThatCannotBeReachedIsTheLastChoice() {
        Member joining = member(7, 1003, MemberStatus.joining(), Integer.MAX_VALUE);
        assertChosen(joining, Set.of(OLD), OLD, OTHER, joining);
        assertChosen(OLD, Set.of(OLD), OLD, OTHER);
    }

    @Test
    void ofTwoThatAreUpTheOneThatJoinedLastIsTheBroker() {
        assertChosen(NEW, Set.of(), OLD, OTHER, NEW);
    }

    @Test
    void whoIsDownOrNotThereIsNoPeer() {
        Member down = OLD.copy(MemberStatus.down());
        assertThat(BrokerNodes.member(7, List.of(down, OTHER), Set.of(down))).isEmpty();
        assertThat(BrokerNodes.member(9, List.of(down, OTHER), Set.of())).isEmpty();
    }
}
