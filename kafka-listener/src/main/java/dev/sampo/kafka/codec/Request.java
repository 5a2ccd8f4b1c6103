package dev.sampo.kafka.codec;

import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * A request, parsed.
 *
 * @param apiVersion version of the body and of the answer; 0 for an ApiVersions request of an unknown version
 * @param unknownApiVersionsVersion ApiVersions in a version that is not served; {@code body} is empty then, and the
 *     answer is {@link AdvertisedApis#unsupportedVersion}
 */
public record Request(
        ApiKeys apiKey, short apiVersion, int correlationId, String clientId, ApiMessage body,
        boolean unknownApiVersionsVersion) {}
