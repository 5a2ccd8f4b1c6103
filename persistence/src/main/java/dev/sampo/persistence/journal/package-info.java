/** Pekko Persistence plugins over the metadata log. The bytes of an entry are read by every broker, so they live here too. */
@NullMarked
package dev.sampo.persistence.journal;

import org.jspecify.annotations.NullMarked;
