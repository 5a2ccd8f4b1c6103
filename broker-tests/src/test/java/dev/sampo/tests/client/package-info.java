/** Unmodified Kafka clients and tools as judges, each in its own process. */
@NullMarked
package dev.sampo.tests.client;

import org.jspecify.annotations.NullMarked;
