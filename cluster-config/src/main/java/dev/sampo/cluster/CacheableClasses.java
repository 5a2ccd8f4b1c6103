package dev.sampo.cluster;

import java.io.Serializable;
import java.lang.invoke.LambdaMetafactory;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Handle;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * Makes classes ones that the JDK's start-up cache can hold.
 *
 * <ul>
 *   <li>Lambdas of Scala. Each one is serializable and so made by {@code LambdaMetafactory.altMetafactory}, whose classes no
 *       cache holds: a broker's start made some thousand of them anew. No Scala lambda is serialized here (Pekko's Java
 *       serialization is off), so {@code metafactory} does the same. A bridge for the lambda's own type goes too: only
 *       structural types look for it.
 *   <li>Classes of Java 5, as picocli's are: they get the stack maps that later versions have.
 * </ul>
 */
final class CacheableClasses extends ClassVisitor {
    private static final String FACTORY = "java/lang/invoke/LambdaMetafactory";
    private static final Handle METAFACTORY = new Handle(
            Opcodes.H_INVOKESTATIC,
            FACTORY,
            "metafactory",
            "(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/invoke/MethodType;"
                    + "Ljava/lang/invoke/MethodType;Ljava/lang/invoke/MethodHandle;Ljava/lang/invoke/MethodType;)"
                    + "Ljava/lang/invoke/CallSite;",
            false);
    /** What {@code altMetafactory} takes first, and {@code metafactory} alone; the third is the lambda's own type. */
    private static final int COMMON_ARGUMENTS = 3;
    /** Where a class file has it. */
    private static final int MAJOR_VERSION = 6;

    private final boolean isOld;
    private boolean rewritten;

    private CacheableClasses(ClassVisitor next, boolean isOld) {
        super(Opcodes.ASM9, next);
        this.isOld = isOld;
        this.rewritten = isOld;
    }

    /** The class as a cache can hold it, which may be as it is. For an old one its superclasses must be on the class path. */
    static byte[] rewrite(byte[] classFile) {
        var reader = new ClassReader(classFile);
        boolean isOld = reader.readUnsignedShort(MAJOR_VERSION) < Opcodes.V1_6;
        var writer = isOld ? new ClassWriter(ClassWriter.COMPUTE_FRAMES) : new ClassWriter(reader, 0);
        var classes = new CacheableClasses(writer, isOld);
        reader.accept(classes, isOld ? ClassReader.SKIP_FRAMES : 0);
        return classes.rewritten ? writer.toByteArray() : classFile;
    }

    @Override
    public void visit(int version, int access, String name, String generic, String parent, String[] interfaces) {
        super.visit(isOld ? Opcodes.V1_8 : version, access, name, generic, parent, interfaces);
    }

    @Override
    public MethodVisitor visitMethod(int access, String name, String type, String generic, String[] exceptions) {
        return new MethodVisitor(Opcodes.ASM9, super.visitMethod(access, name, type, generic, exceptions)) {
            @Override
            public void visitInvokeDynamicInsn(String name, String type, Handle bootstrap, Object... arguments) {
                if (bootstrap.getOwner().equals(FACTORY)
                        && bootstrap.getName().equals("altMetafactory")
                        && isOnlySerializable(arguments)) {
                    rewritten = true;
                    super.visitInvokeDynamicInsn(name, type, METAFACTORY, Arrays.copyOf(arguments, COMMON_ARGUMENTS));
                } else {
                    super.visitInvokeDynamicInsn(name, type, bootstrap, arguments);
                }
            }
        };
    }

    /**
     * Whether {@code metafactory} makes the same lambda but for its being serializable. After the common arguments come the
     * flags, then with {@code FLAG_MARKERS} a count and interfaces, with {@code FLAG_BRIDGES} a count and types.
     */
    private static boolean isOnlySerializable(Object[] arguments) {
        Iterator<Object> rest = List.of(arguments).subList(COMMON_ARGUMENTS, arguments.length).iterator();
        int flags = (Integer) rest.next();
        return ((flags & LambdaMetafactory.FLAG_MARKERS) == 0 || allAre(Type.getType(Serializable.class), rest))
                && ((flags & LambdaMetafactory.FLAG_BRIDGES) == 0 || allAre(arguments[COMMON_ARGUMENTS - 1], rest));
    }

    private static boolean allAre(Object type, Iterator<Object> counted) {
        boolean all = true;
        for (int left = (Integer) counted.next(); left > 0; left--) {
            all &= counted.next().equals(type);
        }
        return all;
    }
}
