package dev.sampo.tests.simulation;

/** An invariant does not hold; the number is that of section "invariants" in the README of this package's resources. */
final class Violation extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int invariant;

    Violation(int invariant, String message) {
        super("invariant " + invariant + ": " + message, null, false, false);
        this.invariant = invariant;
    }

    int invariant() {
        return invariant;
    }
}
