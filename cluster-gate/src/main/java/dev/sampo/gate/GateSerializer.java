package dev.sampo.gate;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.ByteBufferSerializer;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/**
 * The bytes of {@link Gate}'s messages. Streams and brokers may be of different releases: manifests and fields stay as they
 * are, a field that is added stands last and may be missing when read.
 *
 * <pre>
 * O Open    stream (UTF), node (UTF), called (1 byte)
 * o Opened  connection (UTF)
 * C Called  group (UTF)
 * B Bytes   number (8 bytes, big-endian), then the bytes
 * T Taken   bytes (4 bytes, big-endian)
 * E End     reason (UTF)
 * </pre>
 */
public final class GateSerializer extends SerializerWithStringManifest implements ByteBufferSerializer {
    private static final int IDENTIFIER = 7_355_001;
    private static final int LONGEST_REASON = 1_000;

    private final ExtendedActorSystem system;

    /** Made by Pekko. */
    public GateSerializer(ExtendedActorSystem system) {
        this.system = system;
    }

    @Override
    public int identifier() {
        return IDENTIFIER;
    }

    @Override
    public String manifest(Object message) {
        if (message instanceof Gate.Bytes) {
            return "B";
        } else if (message instanceof Gate.Taken) {
            return "T";
        } else if (message instanceof Gate.Open) {
            return "O";
        } else if (message instanceof Gate.Opened) {
            return "o";
        } else if (message instanceof Gate.Called) {
            return "C";
        } else if (message instanceof Gate.End) {
            return "E";
        }
        throw new IllegalArgumentException("no message of the gate: " + message.getClass());
    }

    @Override
    public void toBinary(Object message, ByteBuffer target) {
        if (message instanceof Gate.Bytes bytes) { // straight into the frame
            target.putLong(bytes.number()).put(bytes.bytes());
        } else {
            target.put(toBinary(message));
        }
    }

    @Override
    public byte[] toBinary(Object message) {
        if (message instanceof Gate.Bytes bytes) {
            return ByteBuffer.allocate(Long.BYTES + bytes.bytes().length).putLong(bytes.number()).put(bytes.bytes()).array();
        }
        var array = new ByteArrayOutputStream();
        try (var out = new DataOutputStream(array)) {
            if (message instanceof Gate.Taken taken) {
                out.writeInt(taken.bytes());
            } else if (message instanceof Gate.Open open) {
                out.writeUTF(refs().toSerializationFormat(open.stream()));
                out.writeUTF(open.node());
                out.writeBoolean(open.called());
            } else if (message instanceof Gate.Opened opened) {
                out.writeUTF(refs().toSerializationFormat(opened.connection()));
            } else if (message instanceof Gate.Called called) {
                out.writeUTF(called.groupId());
            } else if (message instanceof Gate.End end) {
                out.writeUTF(end.reason().substring(0, Math.min(end.reason().length(), LONGEST_REASON)));
            } else {
                throw new IllegalArgumentException("no message of the gate: " + message.getClass());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return array.toByteArray();
    }

    @Override
    public Object fromBinary(ByteBuffer source, String manifest) throws NotSerializableException {
        byte[] rest;
        if (manifest.equals("B")) {
            long number = source.getLong();
            rest = new byte[source.remaining()];
            source.get(rest);
            return new Gate.Bytes(number, rest);
        }
        rest = new byte[source.remaining()];
        source.get(rest);
        return read(rest, manifest);
    }

    @Override
    public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
        return fromBinary(ByteBuffer.wrap(bytes), manifest);
    }

    private Object read(byte[] bytes, String manifest) throws NotSerializableException {
        try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            return switch (manifest) {
                case "T" -> new Gate.Taken(in.readInt());
                case "O" -> new Gate.Open(refs().resolveActorRef(in.readUTF()), in.readUTF(), in.readBoolean());
                case "o" -> new Gate.Opened(refs().resolveActorRef(in.readUTF()));
                case "C" -> new Gate.Called(in.readUTF());
                case "E" -> new Gate.End(in.readUTF());
                default -> throw new NotSerializableException("no message of the gate: manifest " + manifest);
            };
        } catch (NotSerializableException e) {
            throw e;
        } catch (IOException e) {
            var malformed = new NotSerializableException("a message of the gate, manifest " + manifest + ": " + e);
            malformed.initCause(e);
            throw malformed;
        }
    }

    private ActorRefResolver refs() {
        return ActorRefResolver.get(Adapter.toTyped(system));
    }
}
