package dev.sampo.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.sampo.cluster.ClusterSettings.HostPort;
import dev.sampo.persistence.metadata.MetadataLog.Member;
import java.util.Map;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ClusterSettingsTest {
    private static final String THREE = "1@one:9093, 2@two:9093,3@three:9093";

    private static Config completed(Config own, Map<String, String> kafka, int nodeId) {
        return ClusterSettings.completed(own, kafka, nodeId);
    }

    @Test
    void kafkasVotersMeanTheSameAndTellAVoterWhereToListen() {
        // When
        Config config = completed(ConfigFactory.empty(), Map.of("controller.quorum.voters", THREE), 2);
        // Then
        assertThat(ClusterSettings.of(config).voters())
                .containsExactly(new Member(1, "one:9093", true), new Member(2, "two:9093", true),
                        new Member(3, "three:9093", true));
        assertThat(ClusterSettings.of(config).seeds()).containsExactly(
                new HostPort("one", 7355), new HostPort("two", 7355), new HostPort("three", 7355));
        assertThat(config.getString("sampo.raft.host")).isEqualTo("two");
        assertThat(config.getInt("sampo.raft.port")).isEqualTo(9093);
        assertThat(config.getString("sampo.remoting.host")).isEqualTo("two");
    }

    @Test
    void whatTheOwnerSaysOfAddressesStands() {
        Config config = completed(
                ConfigFactory.parseMap(Map.of("sampo.raft.host", "0.0.0.0", "sampo.cluster.voters", THREE,
                        "sampo.cluster.seeds", "a:1,[::1]:2")),
                Map.of(), 1);
        assertThat(config.getString("sampo.raft.host")).isEqualTo("0.0.0.0");
        assertThat(ClusterSettings.of(config).seeds()).containsExactly(new HostPort("a", 1), new HostPort("::1", 2));
    }

    @Test
    void theDerivedIdIsTheSameInAnyOrderAndAnotherForOtherVoters() {
        Config one = ConfigFactory.parseMap(Map.of("sampo.cluster.voters", THREE));
        Config other = ConfigFactory.parseMap(Map.of("sampo.cluster.voters", "3@three:9093,1@one:9093,2@two:9093"));
        Config less = ConfigFactory.parseMap(Map.of("sampo.cluster.voters", "1@one:9093"));
        assertThat(ClusterSettings.derivedClusterId(one)).hasSize(22).isEqualTo(ClusterSettings.derivedClusterId(other));
        assertThat(ClusterSettings.derivedClusterId(less)).isNotEqualTo(ClusterSettings.derivedClusterId(one));
        assertThat(ClusterSettings.derivedClusterId(ConfigFactory.empty())).isNull();
    }

    @Test
    void aBrokerThatIsAloneTakesAFreePortForReplication() {
        assertThat(completed(ConfigFactory.empty(), Map.of(), 1).getInt("sampo.replication.port")).isZero();
        assertThat(completed(ConfigFactory.parseMap(Map.of("sampo.cluster.voters", "1@one:7356")), Map.of(), 1)
                .getInt("sampo.replication.port")).isZero();
        assertThat(completed(ConfigFactory.parseMap(Map.of("sampo.cluster.voters", THREE)), Map.of(), 1)
                .hasPath("sampo.replication.port")).isFalse();
        assertThat(completed(ConfigFactory.parseMap(Map.of("sampo.replication.port", 7)), Map.of(), 1)
                .getInt("sampo.replication.port")).isEqualTo(7);
    }

    @Test
    void aVoterThatCannotBeReadIsNamed() {
        assertThatThrownBy(() -> completed(ConfigFactory.empty(), Map.of("controller.quorum.voters", "one:9093"), 1))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("controller.quorum.voters").hasMessageContaining("one:9093");
        assertThatThrownBy(() -> completed(
                        ConfigFactory.parseMap(Map.of("sampo.cluster.voters", "1@a:1,1@b:1")), Map.of(), 1))
                .isInstanceOf(StartException.class).hasMessageContaining("broker 1 twice");
    }
}
