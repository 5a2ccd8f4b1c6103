/**
 * The followers of one broker: the rules of one partition that follows (pure), the actor that owns the logs of a
 * placement group's partitions here, and who starts and stops those. Its port to the leaders' brokers is {@link
 * dev.sampo.partition.follower.LeaderLink}, which the room that knows the wire implements.
 */
@NullMarked
package dev.sampo.partition.follower;

import org.jspecify.annotations.NullMarked;
