/**
 * The oracle of groups: Apache's own group coordinator classes and Sampo's rules get the same requests at the same
 * times, from seeded histories; answers, states and records must be equal, or be listed with a reason in
 * {@code oracle/justified-group-differences.txt}.
 */
@NullMarked
package dev.sampo.tests.oracle.group;

import org.jspecify.annotations.NullMarked;
