package dev.sampo.tests.simulation;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/** The simulator finds the bugs that are planted on purpose ({@link Mutant}): what it does not find, nobody looks for. */
class PlantedBugSimulation {
    private static final int MOST = 5_000;

    /** Those that show at once. */
    @ParameterizedTest
    @EnumSource(names = {
        "ACKED_BEFORE_REPLICATION", "HIGH_WATERMARK_FALLS", "SHRINK_BEFORE_JOURNAL", "EXPANSION_IN_ONE_PHASE", "READ_UP_TO_LOG_END",
        "PRODUCERS_NOT_REBUILT", "TRUNCATION_TO_HIGH_WATERMARK", "ANSWER_BEFORE_JOURNAL", "EPOCH_GIVEN_AGAIN", "IMAGE_GOES_BACK",
        "ANSWERED_BEFORE_STORED", "COORDINATOR_ACKS_ONE", "FAILED_WRITE_KEPT", "GENERATION_NOT_STORED", "SERVED_BEFORE_LOADED",
        "LOADED_UP_TO_HIGH_WATERMARK", "TOMBSTONES_IGNORED", "OLDEST_FACT_COUNTS", "SESSIONS_GO_ON_WHILE_LOADING",
        "COORDINATOR_GOES_ON", "ANY_GENERATION_COMMITS", "ANY_EPOCH_COMMITS", "REVOCATION_NOT_AWAITED",
        "STATIC_MEMBER_KEEPS_ITS_ID"
    })
    void isFoundWithinTwoHundredSeeds(Mutant mutant) {
        assertThat(LongStream.range(0, 200).anyMatch(seed -> Schedule.run(seed, mutant).failed())).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    @Tag("soak")
    void isFoundWithinFiveThousandSeeds(Mutant mutant) {
        assertThat(LongStream.range(0, MOST).parallel().filter(seed -> Schedule.run(seed, mutant).failed()).findAny())
                .as(mutant.what()).isPresent();
    }
}
