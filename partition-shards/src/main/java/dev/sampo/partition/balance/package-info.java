/**
 * Which partitions should move so that a cluster is even, and off a broker that is drained. Rules only: nothing of Pekko, of the
 * broker or of Kafka's classes, since the command line, which loads nothing of the broker, plans with them too.
 */
@NullMarked
package dev.sampo.partition.balance;

import org.jspecify.annotations.NullMarked;
