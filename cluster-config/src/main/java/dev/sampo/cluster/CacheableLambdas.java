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
 * Makes a class's lambdas ones that the JDK's start-up cache can hold. Scala makes each one serializable and so calls {@code
 * LambdaMetafactory.altMetafactory}, whose classes no cache holds: a broker's start made some thousand of them anew. No Scala
 * lambda is serialized here (Pekko's Java serialization is off), so {@code metafactory} does the same. A bridge for the
 * lambda's own type goes too: only structural types look for it.
 */
final class CacheableLambdas extends ClassVisitor {
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

    private boolean rewritten;

    private CacheableLambdas(ClassVisitor next) {
        super(Opcodes.ASM9, next);
    }

    /** The class with other call sites; the same array when it has none of these. */
    static byte[] rewrite(byte[] classFile) {
        var reader = new ClassReader(classFile);
        var writer = new ClassWriter(reader, 0);
        var lambdas = new CacheableLambdas(writer);
        reader.accept(lambdas, 0);
        return lambdas.rewritten ? writer.toByteArray() : classFile;
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
