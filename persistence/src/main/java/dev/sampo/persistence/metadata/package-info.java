/** The metadata log: a fenced, replicated journal. The port, and Raft behind it. */
@NullMarked
package dev.sampo.persistence.metadata;

import org.jspecify.annotations.NullMarked;
