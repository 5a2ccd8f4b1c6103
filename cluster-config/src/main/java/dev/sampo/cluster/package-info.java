/** One broker as a whole: settings, start, stop, and the command that starts it. The only place where rooms are wired together. */
@NullMarked
package dev.sampo.cluster;

import org.jspecify.annotations.NullMarked;
