/** The leader of one partition: its rules (pure) and the sharded actor that owns the log. */
@NullMarked
package dev.sampo.partition.leader;

import org.jspecify.annotations.NullMarked;
