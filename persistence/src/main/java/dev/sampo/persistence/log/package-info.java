/** The log of one partition: segments, indexes, recovery. Knows a directory, nothing of actors or clusters. */
@NullMarked
package dev.sampo.persistence.log;

import org.jspecify.annotations.NullMarked;
