/** Disk space kept back for the metadata log, and what happens to records when it is needed. No actors, no timers. */
@NullMarked
package dev.sampo.persistence.reserve;

import org.jspecify.annotations.NullMarked;
