/** Requests that come from within this process: the broker's own handlers without a socket. No rule of its own. */
@NullMarked
package dev.sampo.kafka.local;

import org.jspecify.annotations.NullMarked;
