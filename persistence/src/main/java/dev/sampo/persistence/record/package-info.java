/** Record batches, format v2, as views over bytes. Here and in {@code cleaner} Kafka's record classes are used. */
@NullMarked
package dev.sampo.persistence.record;

import org.jspecify.annotations.NullMarked;
