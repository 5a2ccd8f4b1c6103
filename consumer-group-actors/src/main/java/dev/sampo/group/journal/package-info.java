/** Facts about groups, their records in __consumer_offsets in Kafka's schemas, and the Pekko Persistence journal over that topic. */
@NullMarked
package dev.sampo.group.journal;

import org.jspecify.annotations.NullMarked;
