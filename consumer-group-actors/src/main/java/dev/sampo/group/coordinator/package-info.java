/** The rules of groups (pure) and the actors that carry requests to them: one per group, below one per partition of __consumer_offsets. */
@NullMarked
package dev.sampo.group.coordinator;

import org.jspecify.annotations.NullMarked;
