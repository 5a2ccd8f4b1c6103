package dev.sampo.tests.simulation;

/** Points between which a coordinator may die: what was to happen there does not. */
enum Boundary {
    /** A read of its partition. */
    LOADING(Reach.Point.DIED_LOADING),
    /** All of its partition is folded. */
    LOADED(Reach.Point.DIED_LOADED),
    /** Facts are decided, nothing is written. */
    DECIDED(Reach.Point.DIED_BEFORE_WRITE),
    /** Its leader has written them, nobody has copied them yet. */
    WRITTEN(Reach.Point.DIED_AFTER_WRITE),
    /** They are on all in-sync replicas, nobody is answered. */
    STORED(Reach.Point.DIED_BEFORE_ANSWER),
    /** Those who waited are answered. */
    ANSWERED(Reach.Point.DIED_AFTER_ANSWER);

    private final Reach.Point reached;

    Boundary(Reach.Point reached) {
        this.reached = reached;
    }

    Reach.Point reached() {
        return reached;
    }
}
