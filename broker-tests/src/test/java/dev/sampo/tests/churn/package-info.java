/** Groups of real clients whose members come, go and are killed: what was processed, held against what was produced. */
@NullMarked
package dev.sampo.tests.churn;

import org.jspecify.annotations.NullMarked;
