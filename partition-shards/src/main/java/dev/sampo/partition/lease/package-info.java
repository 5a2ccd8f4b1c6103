/** How long this broker may lead: its lease, renewed by a majority of the metadata voters. No Pekko. */
@NullMarked
package dev.sampo.partition.lease;

import org.jspecify.annotations.NullMarked;
