/** Rules of consumer groups (KIP-848): members, target assignments, reconciliation. No Pekko, no clock. */
@NullMarked
package dev.sampo.group.consumer;

import org.jspecify.annotations.NullMarked;
