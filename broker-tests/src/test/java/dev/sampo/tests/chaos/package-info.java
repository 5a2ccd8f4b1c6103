/**
 * Black-box faults: several broker processes, unmodified clients, faults of the kernel, and a checker that knows nothing of the
 * brokers. Run with {@code -Pchaos}; one short test is in every run.
 */
@NullMarked
package dev.sampo.tests.chaos;

import org.jspecify.annotations.NullMarked;
