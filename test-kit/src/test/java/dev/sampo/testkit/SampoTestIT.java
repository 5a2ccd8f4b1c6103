package dev.sampo.testkit;

import java.lang.reflect.Method;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/** Whose broker a test gets. */
final class SampoTestIT {
    @Nested
    @SampoTest(topics = {"orders:3", "invoices"}, config = "auto.create.topics.enable = false")
    class AnnotatedClass {
        private static final Set<String> SEEN = new HashSet<>();

        @BeforeAll
        static void alsoBeforeAll(SampoCluster cluster) {
            assertThat(Clients.describe(cluster).topics()).containsExactlyInAnyOrder("orders", "invoices");
            SEEN.add(cluster.bootstrapServers());
        }

        @RepeatedTest(2)
        void testsShareTheClassesBroker(SampoCluster cluster) {
            SEEN.add(cluster.bootstrapServers());
            assertThat(SEEN).hasSize(1);
            cluster.faults().refuseConnections(); // undone after the test
        }

        @Test
        @SampoTest(topics = "own")
        void anAnnotatedMethodHasItsOwn(SampoCluster cluster) {
            assertThat(Clients.describe(cluster).topics()).containsExactly("own");
            assertThat(SEEN).doesNotContain(cluster.bootstrapServers());
        }

        @Nested
        class Inner {
            @Test
            void aNestedClassUsesTheOuterOnes(SampoCluster cluster) {
                assertThat(SEEN).contains(cluster.bootstrapServers());
            }
        }
    }

    @Nested
    class StaticField {
        @RegisterExtension
        static final SampoCluster CLUSTER = SampoCluster.builder().topic("orders", 1).build();

        private static final Set<Object> SEEN = new HashSet<>();

        @RepeatedTest(2)
        void testsShareIt() {
            SEEN.add(CLUSTER.dataFolder());
            assertThat(SEEN).hasSize(1);
        }
    }

    @Nested
    class InstanceField {
        private static final Set<Object> SEEN = new HashSet<>();

        @RegisterExtension
        final SampoCluster cluster = SampoCluster.create();

        @RepeatedTest(2)
        void eachTestHasItsOwn(TestInfo info) {
            assertThat(SEEN.add(cluster.dataFolder())).as(info.getTestMethod().map(Method::getName).orElse("")).isTrue();
        }
    }

    @AfterAll
    static void allFoldersAreGone() {
        assertThat(Leftovers.now().counts().keySet()).noneMatch(name -> name.startsWith("folder "));
    }
}
