package dev.sampo.cluster;

import java.io.Serializable;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

class ArchivableLambdasTest {
    @TempDir
    Path folder;

    /** Scala's own library is the input: its lambdas do as before, and cost no class of their own at each start. */
    @Test
    void theLibraryWorksAsBeforeAndHasNoSerializableLambdaLeft() throws Exception {
        Path jar = folder.resolve("scala-library-0.jar");
        Files.copy(Path.of(scala.Option.class.getProtectionDomain().getCodeSource().getLocation().toURI()), jar);

        ArchivableLambdas.main(new String[] {folder.toString()});

        assertThat(ArchivableLambdas.rewrite(jar)).as("call sites that a second run finds").isZero();
        assertThat(folder.toFile().list()).containsExactly("scala-library-0.jar");
        try (var loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
            Object lambda = loader.loadClass("scala.Function$")
                    .getMethod("chain", loader.loadClass("scala.collection.Seq"))
                    .invoke(module(loader, "scala.Function$"), module(loader, "scala.collection.immutable.Nil$"));

            Class<?> function = loader.loadClass("scala.Function1");
            assertThat(function.getMethod("apply", Object.class).invoke(lambda, "as before")).isEqualTo("as before");
            assertThat(lambda).isNotInstanceOf(Serializable.class);
        }
    }

    private static Object module(ClassLoader loader, String name) throws ReflectiveOperationException {
        return loader.loadClass(name).getField("MODULE$").get(null);
    }
}
