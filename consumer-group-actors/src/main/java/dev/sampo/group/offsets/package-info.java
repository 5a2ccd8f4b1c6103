/** Committed offsets of one group and their expiry. No Pekko, no clock. */
@NullMarked
package dev.sampo.group.offsets;

import org.jspecify.annotations.NullMarked;
