package dev.sampo.tests.oracle;

import dev.sampo.tests.wire.Wire;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/** Frames that are no valid request: what is closed and what is answered. */
final class MalformedRequests {
    private final OracleRun run;

    MalformedRequests(OracleRun run) {
        this.run = run;
    }

    void run() {
        short apiVersions = ApiKeys.API_VERSIONS.id;
        short metadata = ApiKeys.METADATA.id;
        run.callRaw("malformed.api-versions-too-new", Wire.header(apiVersions, (short) 99, 1, "raw"), apiVersions, 0);
        run.callRaw("malformed.api-versions-negative", Wire.header(apiVersions, (short) -1, 1, "raw"), apiVersions, 0);
        run.callRaw("malformed.metadata-too-new", Wire.header(metadata, (short) 99, 1, "raw"), metadata, 0);
        run.callRaw("malformed.fetch-too-old", Wire.header(ApiKeys.FETCH.id, (short) 3, 1, "raw"), ApiKeys.FETCH.id, 4);
        run.callRaw("malformed.produce-too-old", Wire.header(ApiKeys.PRODUCE.id, (short) 2, 1, "raw"), ApiKeys.PRODUCE.id, 3);
        run.callRaw("malformed.unknown-api", Wire.header((short) 999, (short) 0, 1, "raw"), metadata, 0);
        run.callRaw("malformed.api-of-controllers", Wire.header(ApiKeys.VOTE.id, (short) 0, 1, "raw"), ApiKeys.VOTE.id, 0);
        run.callRaw("malformed.empty-frame", ByteBuffer.allocate(0), metadata, 0);
        run.callRaw("malformed.three-bytes", ByteBuffer.allocate(3), metadata, 0);

        ByteBuffer whole = Wire.request(new MetadataRequestData().setTopics(List.of(
                new MetadataRequestData.MetadataRequestTopic().setName("log"))), (short) 8, 1, "raw");
        run.callRaw("malformed.metadata-body-cut", whole.duplicate().limit(whole.limit() - 4), metadata, 8);
        ByteBuffer longer = ByteBuffer.allocate(whole.remaining() + 3).put(whole.duplicate()).put(new byte[3]).flip();
        run.callRaw("malformed.metadata-body-longer", longer, metadata, 8);
        ByteBuffer versions = Wire.request(new ApiVersionsRequestData().setClientSoftwareName("n").setClientSoftwareVersion("1"), (short) 3, 1, "raw");
        run.callRaw("malformed.api-versions-body-cut", versions.duplicate().limit(versions.limit() - 2), apiVersions, 0);
    }
}
