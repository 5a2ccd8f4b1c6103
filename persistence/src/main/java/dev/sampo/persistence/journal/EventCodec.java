package dev.sampo.persistence.journal;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializer;
import org.apache.pekko.serialization.Serializers;

/**
 * An event or a state as the payload of a metadata log entry: its bytes by Pekko's serializers with what is needed to
 * find the serializer again. Thread-safe.
 *
 * <pre>
 *  0      int8   version, 1
 *  1      int32  serializer id, big-endian as the rest
 *  5      int16  length m of the manifest, 0 to 65535
 *  7      m      manifest, UTF-8
 *  7 + m  rest   the serializer's bytes
 * </pre>
 */
public final class EventCodec {
    private static final byte VERSION = 1;
    private static final int HEADER_BYTES = 7;
    private static final int MAX_MANIFEST_BYTES = 65535;

    private final Serialization serialization;

    /** With the serializers of this actor system. */
    public EventCodec(Serialization serialization) {
        this.serialization = serialization;
    }

    /** With the serializers of this actor system. */
    public static EventCodec of(ActorSystem<?> system) {
        return new EventCodec(SerializationExtension.get(system));
    }

    /**
     * The event with its header. Throws what the serializer throws, perhaps a checked {@link
     * java.io.NotSerializableException}, when no serializer is bound to the event's class.
     */
    public byte[] encode(Object event) {
        Serializer serializer = serialization.findSerializerFor(event);
        byte[] manifest = Serializers.manifestFor(serializer, event).getBytes(StandardCharsets.UTF_8);
        if (manifest.length > MAX_MANIFEST_BYTES) {
            throw new IllegalArgumentException("the manifest of " + event.getClass().getName() + " is " + manifest.length
                    + " bytes long, at most " + MAX_MANIFEST_BYTES + " fit");
        }
        byte[] body = serializer.toBinary(event);
        return ByteBuffer.allocate(HEADER_BYTES + manifest.length + body.length)
                .put(VERSION)
                .putInt(serializer.identifier())
                .putShort((short) manifest.length)
                .put(manifest)
                .put(body)
                .array();
    }

    /** @throws IllegalArgumentException the bytes are no event of this version, or its serializer is not known here */
    public Object decode(byte[] payload) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(payload);
            byte version = bytes.get();
            if (version != VERSION) {
                throw new IllegalArgumentException(
                        "journal entry of version " + version + ", this release reads " + VERSION);
            }
            int serializerId = bytes.getInt();
            int manifestLength = Short.toUnsignedInt(bytes.getShort());
            if (manifestLength > bytes.remaining()) {
                throw new IllegalArgumentException("journal entry: the manifest says " + manifestLength + " bytes, "
                        + bytes.remaining() + " are left");
            }
            var manifest = new String(payload, bytes.position(), manifestLength, StandardCharsets.UTF_8);
            bytes.position(bytes.position() + manifestLength);
            var body = new byte[bytes.remaining()];
            bytes.get(body);
            var event = serialization.deserialize(body, serializerId, manifest);
            if (event.isFailure()) {
                throw new IllegalArgumentException("journal entry of serializer " + serializerId + ", manifest '"
                        + manifest + "' is not readable", event.failed().get());
            }
            return event.get();
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("journal entry of " + payload.length + " bytes ends in its header", e);
        }
    }
}
