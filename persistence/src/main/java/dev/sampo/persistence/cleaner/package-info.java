/** Compaction: the latest record of each key stays. Knows files and bytes, nothing of actors or clusters. */
@NullMarked
package dev.sampo.persistence.cleaner;

import org.jspecify.annotations.NullMarked;
