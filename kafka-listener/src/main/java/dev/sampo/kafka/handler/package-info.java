/** One file per API key: request in, actors asked, response out. */
@NullMarked
package dev.sampo.kafka.handler;

import org.jspecify.annotations.NullMarked;
