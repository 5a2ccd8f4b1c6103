/** Clients that write down what they see. */
@NullMarked
package dev.sampo.tests.chaos.workload;

import org.jspecify.annotations.NullMarked;
