package dev.sampo.cluster;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Predicate;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Rewrites the jars of Scala's libraries and picocli's in a build, so that brokers and commands start from them faster:
 * classes by {@link CacheableClasses}; manifests, which Pekko reads all to compare versions, without OSGi's lists of packages (up to
 * 160 KB each); {@code reference.conf} without its comments, most of what is parsed there.
 */
final class StartJars {
    private static final String JARS = "{scala-library-,*_2.13-,picocli-}*.jar";
    private static final Set<Object> PACKAGE_LISTS = Set.of(
            new Attributes.Name("Export-Package"), new Attributes.Name("Import-Package"), new Attributes.Name("Private-Package"));

    private StartJars() {}

    /**
     * Rewrites in place; jars that were rewritten before stay as they are.
     *
     * @param arguments the folder
     */
    public static void main(String[] arguments) throws IOException {
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(Path.of(arguments[0]), JARS)) {
            for (Path jar : jars) {
                rewrite(jar);
            }
        }
    }

    /** Whether there was anything to rewrite. */
    static boolean rewrite(Path jar) throws IOException {
        Path fresh = jar.resolveSibling(jar.getFileName() + "." + ProcessHandle.current().pid());
        try {
            boolean changed = copy(jar, fresh);
            if (changed) {
                Files.move(fresh, jar, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
            return changed;
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    private static boolean copy(Path jar, Path fresh) throws IOException {
        boolean changed = false;
        try (var from = new ZipFile(jar.toFile());
                var to = new ZipOutputStream(Files.newOutputStream(fresh))) {
            for (ZipEntry entry : from.stream().toList()) {
                byte[] content;
                try (var in = from.getInputStream(entry)) {
                    content = in.readAllBytes();
                }
                byte[] rewritten = rewrite(entry.getName(), content);
                changed |= !Arrays.equals(rewritten, content);
                var copy = new ZipEntry(entry.getName());
                copy.setTime(entry.getTime());
                to.putNextEntry(copy);
                to.write(rewritten);
                to.closeEntry();
            }
        }
        return changed;
    }

    private static byte[] rewrite(String name, byte[] content) throws IOException {
        if (name.endsWith(".class")) {
            return CacheableClasses.rewrite(content);
        }
        return switch (name) {
            case JarFile.MANIFEST_NAME -> withoutPackageLists(content);
            case "reference.conf" -> withoutComments(content);
            default -> content;
        };
    }

    private static byte[] withoutPackageLists(byte[] content) throws IOException {
        var manifest = new Manifest(new ByteArrayInputStream(content));
        if (!manifest.getMainAttributes().keySet().removeAll(PACKAGE_LISTS)) {
            return content;
        }
        var out = new ByteArrayOutputStream();
        manifest.write(out);
        return out.toByteArray();
    }

    /** Whole lines only, and none where a text of several lines could hold what looks like a comment. */
    private static byte[] withoutComments(byte[] content) {
        String text = new String(content, StandardCharsets.UTF_8);
        Predicate<String> isComment = line -> line.isBlank() || line.stripLeading().startsWith("#");
        if (text.contains("\"\"\"") || text.lines().noneMatch(isComment)) {
            return content;
        }
        return text.lines()
                .filter(isComment.negate())
                .map(line -> line + "\n")
                .collect(Collectors.joining())
                .getBytes(StandardCharsets.UTF_8);
    }
}
