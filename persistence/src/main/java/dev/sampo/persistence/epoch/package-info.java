/** Which leader epoch began at which offset. Knows files and bytes, nothing of actors or clusters. */
@NullMarked
package dev.sampo.persistence.epoch;

import org.jspecify.annotations.NullMarked;
