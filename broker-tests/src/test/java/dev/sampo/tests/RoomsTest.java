package dev.sampo.tests;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameEndingWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

/** Who may use whom. */
class RoomsTest {
    /** From the ground up: a room may use those before it, never those after it. */
    private static final List<String> ROOMS = List.of(
            "dev.sampo.gate", "dev.sampo.persistence", "dev.sampo.actors", "dev.sampo.partition", "dev.sampo.group", "dev.sampo.kafka", "dev.sampo.http", "dev.sampo.cluster");

    /** Rule classes that do not say so by their name. */
    private static final List<String> RULES = List.of(
            "ProducerSequences", "WaitingFetches", "CommittedOffsets", "SessionDeadlines", "MetadataImage", "ResponseOrder", "PlacementGroups",
            "LagWindow", "LagSeries", "LagLook", "RebalanceHistory");

    private static final JavaClasses SAMPO = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("/streams-client/"))
            .importPackages("dev.sampo");

    private static final JavaClasses CLIENT = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.sampo.client");

    @TestFactory
    Stream<DynamicTest> aRoomUsesOnlyTheRoomsBelow() {
        return ROOMS.stream().limit(ROOMS.size() - 1L).map(room -> DynamicTest.dynamicTest(room, () -> {
            String[] above = ROOMS.subList(ROOMS.indexOf(room) + 1, ROOMS.size()).stream().map(name -> name + "..").toArray(String[]::new);
            check(noClasses().that().resideInAPackage(room + "..").should().dependOnClassesThat().resideInAnyPackage(above));
        }));
    }

    @Test
    void decidingClassesKnowNoPekko() {
        check(noClasses().that(decide()).should().dependOnClassesThat().resideInAnyPackage("org.apache.pekko..", "scala.."));
    }

    @Test
    void decidingClassesKnowNoClockFileRandomnessOrThread() {
        check(noClasses().that(decide())
                .should().dependOnClassesThat().haveFullyQualifiedName("java.util.Random")
                .orShould().dependOnClassesThat().haveFullyQualifiedName("java.util.concurrent.ThreadLocalRandom")
                .orShould().dependOnClassesThat().haveFullyQualifiedName("java.security.SecureRandom")
                .orShould().dependOnClassesThat().haveFullyQualifiedName("java.lang.Thread")
                .orShould().dependOnClassesThat().haveFullyQualifiedName("java.time.Clock")
                .orShould().dependOnClassesThat().resideInAnyPackage("java.io..", "java.nio.file..", "java.nio.channels..", "java.util.concurrent.locks..")
                .orShould().callMethod(System.class, "currentTimeMillis")
                .orShould().callMethod(System.class, "nanoTime")
                .orShould().callMethod(java.time.Instant.class, "now")
                .orShould().callMethod(java.util.UUID.class, "randomUUID"));
    }

    /** Applications run it outside of the cluster too, and against any Kafka. */
    @Test
    void theStreamsClientKnowsOfTheBrokerNothingButTheGate() {
        classes().that().resideInAPackage("dev.sampo.client..")
                .should().onlyDependOnClassesThat(DescribedPredicate.not(resideInAnyPackage("dev.sampo.."))
                        .or(resideInAnyPackage("dev.sampo.client..", "dev.sampo.gate..")))
                .check(CLIENT);
        noClasses().that().resideInAPackage("dev.sampo..").and().resideOutsideOfPackages("dev.sampo.tests..")
                .should().dependOnClassesThat().resideInAPackage("dev.sampo.client..")
                .check(SAMPO);
    }

    /** The command line plans with them, and has nothing of the broker on its class path. */
    @Test
    void rulesOfBalanceNeedNothingButTheJdk() {
        check(classes().that().resideInAPackage("dev.sampo.partition.balance..")
                .should().onlyDependOnClassesThat().resideInAnyPackage("dev.sampo.partition.balance..", "java.lang..", "java.util..", "org.jspecify.."));
    }

    /** The replica link is a client of Fetch: requests and answers are its trade as they are a handler's. */
    @Test
    void onlyCodecHandlersReplicaLinkAndHttpTranslationSeeKafkasMessageClasses() {
        check(noClasses().that().resideInAPackage("dev.sampo..")
                .and().resideOutsideOfPackages("dev.sampo.kafka.codec..", "dev.sampo.kafka.handler..", "dev.sampo.kafka.replica..", "dev.sampo.http.kafka..", "dev.sampo.tests..")
                .should().dependOnClassesThat().resideInAnyPackage("org.apache.kafka.common.message..", "org.apache.kafka.common.requests.."));
    }

    /** The journal of groups is one of them: its entries are batches of a partition log; so is HTTP, which makes and reads batches. */
    @Test
    void onlyPersistenceCodecHttpTranslationAndTheGroupJournalSeeKafkasRecordClasses() {
        check(noClasses().that().resideInAPackage("dev.sampo..")
                .and().resideOutsideOfPackages("dev.sampo.persistence..", "dev.sampo.kafka.codec..", "dev.sampo.group.journal..", "dev.sampo.kafka.handler..", "dev.sampo.kafka.replica..", "dev.sampo.http.kafka..", "dev.sampo.tests..")
                .should().dependOnClassesThat().resideInAnyPackage("org.apache.kafka.common.record..", "org.apache.kafka.common.compress.."));
    }

    @Test
    void handlersAndReplicaLinkSeeKafkasRecordsOnlyAsFieldsOfMessages() {
        check(noClasses().that().resideInAnyPackage("dev.sampo.kafka.handler..", "dev.sampo.kafka.replica..")
                .should().dependOnClassesThat(resideInAnyPackage("org.apache.kafka.common.record..", "org.apache.kafka.common.compress..")
                        .and(DescribedPredicate.not(simpleName("MemoryRecords").or(simpleName("BaseRecords"))))));
    }

    /** States, effects and events, with what is nested in them, and the named rule classes. */
    private static DescribedPredicate<JavaClass> decide() {
        return resideInAnyPackage("dev.sampo..").and(DescribedPredicate.describe("decide", type -> {
            JavaClass outer = type;
            while (outer.getEnclosingClass().isPresent()) {
                outer = outer.getEnclosingClass().get();
            }
            return simpleNameEndingWith("State").or(simpleNameEndingWith("Effect")).or(simpleNameEndingWith("Event")).test(outer)
                    || RULES.contains(outer.getSimpleName());
        }));
    }

    /** An empty room is no mistake: rooms are filled one after the other. */
    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(SAMPO);
    }
}
