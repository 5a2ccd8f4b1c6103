package dev.sampo.http;

import dev.sampo.http.route.Endpoint;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** Answers that come line by line. */
final class Lines {
    private static final ContentType NDJSON = MediaTypes.applicationWithFixedCharset(
                    Endpoint.NDJSON.substring(Endpoint.NDJSON.indexOf('/') + 1), HttpCharsets.UTF_8)
            .toContentType();

    private Lines() {}

    /** 200 and NDJSON. */
    static HttpResponse answer(Source<ByteString, ?> lines) {
        return HttpResponse.create().withEntity(HttpEntities.create(NDJSON, lines));
    }
}
