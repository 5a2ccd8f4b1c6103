/** Readers that wait for data. No Pekko. */
@NullMarked
package dev.sampo.partition.fetch;

import org.jspecify.annotations.NullMarked;
