/** The broker as a whole: its settings (own and Kafka's), start and stop. */
@NullMarked
package dev.sampo.cluster;

import org.jspecify.annotations.NullMarked;
