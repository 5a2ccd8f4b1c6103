package dev.sampo.client.producer;

import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * A record as bytes.
 *
 * @param partition null to choose by key
 * @param timestampMs since 1970
 */
record SerializedRecord(
        String topic,
        @Nullable Integer partition,
        long timestampMs,
        byte @Nullable [] key,
        byte @Nullable [] value,
        Header[] headers) {}
