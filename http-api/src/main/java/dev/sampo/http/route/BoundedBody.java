package dev.sampo.http.route;

import java.io.ByteArrayOutputStream;
import java.util.Optional;
import org.apache.pekko.util.ByteString;

/** Bytes as they come in, up to a limit; of more than that nothing is kept. */
final class BoundedBody {
    private final long limit;
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private long received;

    BoundedBody(long limit) {
        this.limit = limit;
    }

    BoundedBody add(ByteString bytes) {
        received += bytes.length();
        if (received <= limit) {
            kept.writeBytes(bytes.toArrayUnsafe());
        } else {
            kept.reset();
        }
        return this;
    }

    /** Empty when more came than the limit. */
    Optional<byte[]> bytes() {
        return received <= limit ? Optional.of(kept.toByteArray()) : Optional.empty();
    }
}
