/**
 * What leader and follower of a partition share: the one owner of each open log on this broker, the high watermark that
 * travels with the log, and what a log needs besides appends and reads.
 */
@NullMarked
package dev.sampo.partition.replica;

import org.jspecify.annotations.NullMarked;
