package dev.sampo.cluster.cli;

/**
 * What became of one thing that was to go.
 *
 * @param done false in a dry run
 */
record Outcome(String name, boolean done) {}
