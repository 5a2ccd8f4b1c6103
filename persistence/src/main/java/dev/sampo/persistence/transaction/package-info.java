/** Aborted transactions of a segment. Knows files and bytes, nothing of actors or clusters. */
@NullMarked
package dev.sampo.persistence.transaction;

import org.jspecify.annotations.NullMarked;
