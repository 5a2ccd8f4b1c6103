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
    // groups
    ANSWERED_BEFORE_STORED("a group answers before its facts are stored"),
    COORDINATOR_ACKS_ONE("a coordinator writes with acks=1"),
    FAILED_WRITE_KEPT("a group takes a write that failed for one that is stored"),
    FAILED_WRITE_NOT_UNDONE("a group that could not store something refuses it, and keeps it"),
    GENERATION_NOT_STORED("the generation is not stored"),
    SERVED_BEFORE_LOADED("a coordinator answers before it has loaded"),
    LOADED_UP_TO_HIGH_WATERMARK("a coordinator loads up to its high watermark, not to the log's end"),
    TOMBSTONES_IGNORED("a coordinator overlooks removals when it loads"),
    OLDEST_FACT_COUNTS("a coordinator loads the oldest fact of each key"),
    SESSIONS_GO_ON_WHILE_LOADING("sessions of members end while nobody coordinates"),
    WRITE_IN_DOUBT_GIVEN_UP("a coordinator goes on without a write that may be in the log"),
    COORDINATOR_GOES_ON("a coordinator does not stop with its leader"),
    COORDINATOR_WITHOUT_LEASE("a coordinator answers without a lease"),
    ANY_GENERATION_COMMITS("commits of old generations are taken"),
    ANY_EPOCH_COMMITS("commits of a member's old epochs are taken (KIP-848)"),
    REVOCATION_NOT_AWAITED("partitions are given away before their owner has given them up (KIP-848)"),
    STATIC_MEMBER_KEEPS_ITS_ID("a static member that comes back gets the id that another process has");

    private final String what;

    Mutant(String what) {
        this.what = what;
    }

    String what() {
        return what;
    }
}
