package dev.sampo.cluster;

import java.io.IOException;
import java.io.Serializable;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

class StartJarsTest {
    @TempDir
    Path folder;

    /** Scala's own library is the input: its lambdas do as before, and cost no class of their own at each start. */
    @Test
    void theLibraryWorksAsBeforeAndHasNoSerializableLambdaLeft() throws Exception {
        Path jar = folder.resolve("scala-library-0.jar");
        Files.copy(Path.of(scala.Option.class.getProtectionDomain().getCodeSource().getLocation().toURI()), jar);

        StartJars.main(new String[] {folder.toString()});

        assertThat(StartJars.rewrite(jar)).as("a second run finds something").isFalse();
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

    @Test
    void commentsGoAndManifestsKeepWhatSaysTheVersion() throws Exception {
        Path jar = folder.resolve("own_2.13-1.jar");
        try (var out = new JarOutputStream(Files.newOutputStream(jar))) {
            put(out, "META-INF/MANIFEST.MF", "Manifest-Version: 1.0\nBundle-Version: 7\nExport-Package: a,b\n");
            put(out, "reference.conf", "# what it is\na { b = \"x # y\" # kept\n\n  #c = 2\n}\n");
            put(out, "other.conf", "# not Pekko's\n");
        }

        assertThat(StartJars.rewrite(jar)).isTrue();

        try (var read = new JarFile(jar.toFile())) {
            assertThat(read.getManifest().getMainAttributes())
                    .containsOnlyKeys(new Attributes.Name("Manifest-Version"), new Attributes.Name("Bundle-Version"));
            assertThat(text(read, "reference.conf")).isEqualTo("a { b = \"x # y\" # kept\n}\n");
            assertThat(text(read, "other.conf")).isEqualTo("# not Pekko's\n");
        }
        assertThat(StartJars.rewrite(jar)).as("a second run finds something").isFalse();
    }

    private static void put(JarOutputStream out, String name, String text) throws IOException {
        out.putNextEntry(new ZipEntry(name));
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.closeEntry();
    }

    private static String text(JarFile jar, String name) throws IOException {
        return new String(jar.getInputStream(jar.getEntry(name)).readAllBytes(), StandardCharsets.UTF_8);
    }
}
