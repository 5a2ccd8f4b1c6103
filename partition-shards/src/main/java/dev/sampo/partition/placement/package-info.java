/** Which brokers hold what (pure), and where sharding may start a placement group's leader. */
@NullMarked
package dev.sampo.partition.placement;

import org.jspecify.annotations.NullMarked;
