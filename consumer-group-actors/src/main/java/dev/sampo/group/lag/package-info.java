/**
 * How far groups are behind: what is sampled, judged and kept of it. Rules without Pekko and clock, and the actor that
 * asks the leaders of partitions.
 */
@NullMarked
package dev.sampo.group.lag;

import org.jspecify.annotations.NullMarked;
