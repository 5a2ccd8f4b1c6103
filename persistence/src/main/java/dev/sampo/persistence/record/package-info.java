/** Record batches, format v2, as views over bytes; the only package of this module that sees Kafka's record classes. */
@NullMarked
package dev.sampo.persistence.record;

import org.jspecify.annotations.NullMarked;
