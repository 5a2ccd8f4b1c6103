package dev.sampo.tests.chaos.cluster;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * A named network namespace of Linux. The kernel keeps the namespace of a process for each of its threads, and a thread
 * begins in that of the thread that made it: so clients of this JVM can stand in it, whatever threads they start.
 */
record NetworkNamespace(String name) implements ClientSide {
    private static final int CLONE_NEWNET = 0x40000000;

    @SuppressWarnings("restricted") // three calls of libc that Java has no other way to
    private static MethodHandle function(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        SymbolLookup libc = linker.defaultLookup();
        return linker.downcallHandle(libc.find(name).orElseThrow(() -> new IllegalStateException("no " + name + " in libc")), descriptor, options);
    }

    void create() {
        Shell.must("ip", "netns", "add", name);
        Shell.must("ip", "-n", name, "link", "set", "lo", "up");
    }

    /** No error when it is gone. */
    void delete() {
        Shell.run("ip", "netns", "delete", name);
    }

    /** Moves this thread in for good. */
    @Override
    public void enter() {
        MethodHandle open = function("open", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
                Linker.Option.firstVariadicArg(2));
        MethodHandle setns = function("setns", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        MethodHandle close = function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom("/run/netns/" + name);
            int fd = (int) open.invokeExact(path, 0);
            if (fd < 0) {
                throw new IllegalStateException("namespace " + name + " cannot be opened");
            }
            int refused = (int) setns.invokeExact(fd, CLONE_NEWNET);
            int ignored = (int) close.invokeExact(fd);
            if (refused != 0) {
                throw new IllegalStateException("namespace " + name + " cannot be entered: close gave " + ignored);
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
