package dev.sampo.kafka.codec;

import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import org.apache.kafka.common.message.ApiMessageType.ListenerType;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * The keys and versions that this broker serves: those with a handler, in the ranges of a Kafka 4.4 broker. As there,
 * Produce is advertised from version 0 although 0-2 are refused: older librdkafka derives features from the overlap of
 * ranges (KAFKA-18659). Features are not advertised, since a client takes each as a promise ({@code transaction.version}
 * 2, {@code share.version}); none is needed by producers, consumers or Admin.
 */
public final class AdvertisedApis {
    /** Served versions of a key, both ends inclusive. */
    public record Range(short min, short max) {}

    private final Map<ApiKeys, Range> served = new EnumMap<>(ApiKeys.class);

    private AdvertisedApis() {}

    /** All stable versions of Kafka's brokers, of these keys. */
    public static AdvertisedApis of(Collection<ApiKeys> keys) {
        var ranges = new EnumMap<ApiKeys, Range>(ApiKeys.class);
        for (ApiKeys key : keys) {
            ranges.put(key, new Range((short) 0, Short.MAX_VALUE));
        }
        return of(ranges);
    }

    /** These versions, as far as Kafka's brokers have them. */
    public static AdvertisedApis of(Map<ApiKeys, Range> ranges) {
        var apis = new AdvertisedApis();
        ranges.forEach((key, wanted) -> {
            if (!key.hasValidVersion() || !key.inScope(ListenerType.BROKER)) {
                throw new IllegalArgumentException("Kafka's brokers do not serve " + key.name);
            }
            short min = (short) Math.max(wanted.min(), key.oldestVersion());
            short max = (short) Math.min(wanted.max(), key.latestVersion(false));
            if (min > max) {
                throw new IllegalArgumentException(key.name + " has no version from " + wanted.min() + " to "
                        + wanted.max() + "; Kafka has " + key.oldestVersion() + " to " + key.latestVersion(false));
            }
            apis.served.put(key, new Range(min, max));
        });
        return apis;
    }

    /** True when some version of the key is served. */
    public boolean serves(ApiKeys key) {
        return served.containsKey(key);
    }

    /** True when this version of the key is served. */
    public boolean serves(ApiKeys key, short version) {
        Range range = served.get(key);
        return range != null && version >= range.min() && version <= range.max();
    }

    /** A new answer with error NONE and the table. */
    public ApiVersionsResponseData response() {
        var response = new ApiVersionsResponseData();
        served.forEach((key, range) -> response.apiKeys().add(new ApiVersion()
                .setApiKey(key.id)
                .setMinVersion(key == ApiKeys.PRODUCE ? ApiKeys.PRODUCE_API_VERSIONS_RESPONSE_MIN_VERSION : range.min())
                .setMaxVersion(range.max())));
        return response;
    }

    /**
     * The answer to an ApiVersions request of an unknown version, to be sent in version 0: the versions of ApiVersions
     * alone, for the client to ask again (KIP-511).
     */
    public ApiVersionsResponseData unsupportedVersion() {
        var unsupported = new ApiVersionsResponseData().setErrorCode(Errors.UNSUPPORTED_VERSION.code());
        for (ApiVersion api : response().apiKeys()) {
            if (api.apiKey() == ApiKeys.API_VERSIONS.id) {
                unsupported.apiKeys().add(api.duplicate());
            }
        }
        return unsupported;
    }
}
