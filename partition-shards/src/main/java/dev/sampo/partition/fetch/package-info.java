/** Consumers' reads of a log, whether its owner leads or follows, and readers that wait for data. */
@NullMarked
package dev.sampo.partition.fetch;

import org.jspecify.annotations.NullMarked;
