package dev.sampo.tests.chaos.history;

/** One record of a log as it was read in the end. */
public record Stored(long offset, String text) {}
