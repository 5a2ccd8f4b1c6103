package dev.sampo.tests.simulation;

/**
 * Bugs that are planted on purpose: what the production rules hear, or what becomes of what they say, is altered. A simulator that
 * does not find one of them is blind for its kind.
 */
enum Mutant {
    // leader
    EPOCH_NOT_ASSIGNED("a leader does not note where its epoch begins"),
    ACKED_BEFORE_REPLICATION("acks=all is answered as soon as the leader has written"),
    MINIMUM_NOT_CHECKED("min.insync.replicas counts for nothing"),
    HIGH_WATERMARK_BELOW_MINIMUM("the high watermark moves while too few replicas are in sync (KIP-966)"),
    HIGH_WATERMARK_FALLS("a new leader begins with a high watermark below its own"),
    SHRINK_BEFORE_JOURNAL("a leader stops waiting for a laggard before the journal has it out of the ISR"),
    EXPANSION_IN_ONE_PHASE("the controller is asked before the partitions wait for the newcomer"),
    READ_UP_TO_LOG_END("consumers get records above the high watermark"),
    END_OFFSET_BEFORE_EPOCH_START("a new leader tells its end offset at once (KIP-207)"),
    NO_EPOCH_CHECK_ON_FETCH("a leader serves followers of any epoch"),
    INCARNATION_IGNORED("an earlier life of a follower counts (KIP-903)"),
    PRODUCERS_NOT_REBUILT("a new leader knows no producers"),
    WINDOW_OF_ONE_BATCH("only the last batch of a producer is recognised"),
    RESEND_GETS_LOG_END("a resent batch is answered with the log's end"),
    // follower
    TRUNCATION_TO_HIGH_WATERMARK("a follower begins by cutting to its high watermark (KIP-101)"),
    NO_TRUNCATION("a follower does not say its last epoch"),
    TRUNCATION_WITHOUT_OWN_EPOCHS("a follower cuts by the leader's epoch ends only (KIP-279)"),
    OLD_EPOCH_APPENDED("a follower appends what comes late from the leader before"),
    REPORT_BEFORE_FORCE("a follower reports records that flush.messages wants forced first"),
    // broker
    NO_LEASE("a leader serves without a lease"),
    LEASE_BY_WALL_CLOCK("the lease is read from the wall clock"),
    LEASE_FROM_ANSWER("the lease counts from the answer, not from the heartbeat"),
    LEASE_OF_ONE_VOTER("one voter is enough for the lease"),
    LEASE_LONGER_THAN_SESSION("the lease outlasts the session"),
    FENCED_ANSWER_IGNORED("a broker does not hear that it is fenced"),
    LOST_TAIL_NOT_TOLD("a broker does not say that it may have lost its tail"),
    CLEAN_STOP_HIDES_LOSS("a clean stop before the registration covers a lost tail"),
    DIRECTORY_KEPT_AFTER_WIPE("a wiped broker comes back with its old directory id"),
    DELETED_TOPIC_KEPT("logs of topics that were deleted meanwhile stay"),
    IMAGE_GOES_BACK("a broker applies old metadata again"),
    // controller
    CONTROLLER_NOT_FENCED("a deposed controller still writes"),
    ANSWER_BEFORE_JOURNAL("the controller answers before the journal has it"),
    ANY_REPLICA_ELECTED("any replica may lead"),
    EPOCH_GIVEN_AGAIN("leader epochs are given twice"),
    PARTITION_EPOCH_IGNORED("a delayed change of the ISR is accepted"),
    LEADER_EPOCH_IGNORED("a deposed leader changes the ISR");

    private final String what;

    Mutant(String what) {
        this.what = what;
    }

    String what() {
        return what;
    }
}
