/** From a byte stream to whole requests: length prefix, limits, memory budget. Knows nothing of their contents. */
@NullMarked
package dev.sampo.kafka.frame;

import org.jspecify.annotations.NullMarked;
