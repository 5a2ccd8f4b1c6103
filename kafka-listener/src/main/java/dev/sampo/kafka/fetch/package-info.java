/** Fetch sessions (KIP-227): what a consumer asked for last time, so that it need not say it again. No Pekko, no clock. */
@NullMarked
package dev.sampo.kafka.fetch;

import org.jspecify.annotations.NullMarked;
