/** Partitions as sharded entities: one shard per placement group, one sentinel per shard that obtains the leader epoch. */
@NullMarked
package dev.sampo.partition.sharding;

import org.jspecify.annotations.NullMarked;
