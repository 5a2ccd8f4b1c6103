package dev.sampo.cluster;

import java.io.IOException;
import java.io.Serializable;
import java.lang.invoke.LambdaMetafactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Handle;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * Makes the lambdas of Scala's libraries ones that the JDK's start-up cache can hold. Scala makes each lambda serializable
 * and so calls {@code LambdaMetafactory.altMetafactory}, whose classes no cache keeps: a broker's start made some thousand
 * of them anew each time. No Scala lambda is serialized here (Pekko's Java serialization is off), so a call of
 * {@code metafactory} does the same. A bridge for the lambda's own signature goes too: only structural types look for it.
 */
final class ArchivableLambdas {
    private static final String FACTORY = "java/lang/invoke/LambdaMetafactory";
    private static final Handle METAFACTORY = new Handle(
            Opcodes.H_INVOKESTATIC,
            FACTORY,
            "metafactory",
            "(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/invoke/MethodType;"
                    + "Ljava/lang/invoke/MethodType;Ljava/lang/invoke/MethodHandle;Ljava/lang/invoke/MethodType;)"
                    + "Ljava/lang/invoke/CallSite;",
            false);
    /** What {@code altMetafactory} takes first, and {@code metafactory} alone: see both methods' documentation. */
    private static final int COMMON_ARGUMENTS = 3;

    private static final Type SERIALIZABLE = Type.getType(Serializable.class);

    private int rewritten;

    private ArchivableLambdas() {}

    /**
     * Rewrites a folder's jars of Scala ({@code scala-library-*.jar}, {@code *_2.13-*.jar}) in place; those that were
     * rewritten before stay as they are.
     *
     * @param arguments the folder
     */
    public static void main(String[] arguments) throws IOException {
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(Path.of(arguments[0]), "{scala-library-,*_2.13-}*.jar")) {
            for (Path jar : jars) {
                rewrite(jar);
            }
        }
    }

    /** Returns the number of call sites that were rewritten. */
    static int rewrite(Path jar) throws IOException {
        var lambdas = new ArchivableLambdas();
        Path fresh = jar.resolveSibling(jar.getFileName() + ".new");
        try (var from = new ZipFile(jar.toFile());
                var to = new ZipOutputStream(Files.newOutputStream(fresh))) {
            for (ZipEntry entry : (Iterable<ZipEntry>) from.stream().map(ZipEntry.class::cast)::iterator) {
                byte[] bytes;
                try (var in = from.getInputStream(entry)) {
                    bytes = in.readAllBytes();
                }
                var copy = new ZipEntry(entry.getName());
                copy.setTime(entry.getTime());
                to.putNextEntry(copy);
                to.write(entry.getName().endsWith(".class") ? lambdas.rewrite(bytes) : bytes);
                to.closeEntry();
            }
        }
        if (lambdas.rewritten == 0) {
            Files.delete(fresh);
        } else {
            Files.move(fresh, jar, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        return lambdas.rewritten;
    }

    /** The class with other call sites; the same array when it has none of these. */
    byte[] rewrite(byte[] classFile) {
        int before = rewritten;
        var reader = new ClassReader(classFile);
        var writer = new ClassWriter(reader, 0);
        reader.accept(new ClassVisitor(Opcodes.ASM9, writer) {
            @Override
            public MethodVisitor visitMethod(int access, String name, String type, String generic, String[] exceptions) {
                return new CallSites(super.visitMethod(access, name, type, generic, exceptions));
            }
        }, 0);
        return rewritten == before ? classFile : writer.toByteArray();
    }

    /**
     * Whether {@code metafactory} makes the same lambda but for its being serializable. After the common arguments come the
     * flags, then with {@code FLAG_MARKERS} a count and interfaces, with {@code FLAG_BRIDGES} a count and types.
     */
    private static boolean isOnlySerializable(Object[] arguments) {
        int next = COMMON_ARGUMENTS;
        int flags = (Integer) arguments[next++];
        if ((flags & LambdaMetafactory.FLAG_MARKERS) != 0) {
            int markers = (Integer) arguments[next++];
            for (Object marker : Arrays.asList(arguments).subList(next, next + markers)) {
                if (!marker.equals(SERIALIZABLE)) {
                    return false;
                }
            }
            next += markers;
        }
        if ((flags & LambdaMetafactory.FLAG_BRIDGES) != 0) {
            int bridges = (Integer) arguments[next++];
            Object ownType = arguments[COMMON_ARGUMENTS - 1];
            for (Object bridge : Arrays.asList(arguments).subList(next, next + bridges)) {
                if (!bridge.equals(ownType)) {
                    return false;
                }
            }
        }
        return true;
    }

    private final class CallSites extends MethodVisitor {
        CallSites(MethodVisitor next) {
            super(Opcodes.ASM9, next);
        }

        @Override
        public void visitInvokeDynamicInsn(String name, String type, Handle bootstrap, Object... arguments) {
            if (bootstrap.getOwner().equals(FACTORY)
                    && bootstrap.getName().equals("altMetafactory")
                    && isOnlySerializable(arguments)) {
                rewritten++;
                super.visitInvokeDynamicInsn(name, type, METAFACTORY, Arrays.copyOf(arguments, COMMON_ARGUMENTS));
            } else {
                super.visitInvokeDynamicInsn(name, type, bootstrap, arguments);
            }
        }
    }
}
