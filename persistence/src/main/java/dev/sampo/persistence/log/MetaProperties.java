package dev.sampo.persistence.log;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.common.Uuid;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Whose a log folder is: Kafka's {@code meta.properties}, version 1.
 *
 * @param directoryId made once for each folder; an emptied folder gets another one
 */
public record MetaProperties(String clusterId, int nodeId, Uuid directoryId) {
    public static final String FILE_NAME = "meta.properties";

    /** Replaces the file; durable on return. */
    public void write(Path logFolder, LogFiles files) throws IOException {
        String text = "version=1\ncluster.id=" + clusterId + "\nnode.id=" + nodeId + "\ndirectory.id=" + directoryId
                + "\n";
        files.replace(logFolder.resolve(FILE_NAME), text.getBytes(UTF_8));
    }

    /** Empty when there is no file. */
    public static Optional<MetaProperties> read(Path logFolder, LogFiles files) throws IOException {
        Path path = logFolder.resolve(FILE_NAME);
        if (!files.exists(path)) {
            return Optional.empty();
        }
        var properties = new Properties();
        try {
            properties.load(new StringReader(new String(files.readAll(path), UTF_8)));
        } catch (IllegalArgumentException e) {
            throw new IOException(path + " is not a properties file: " + e.getMessage(), e);
        }
        String version = value(properties, "version", path);
        if (!version.equals("1")) {
            throw new IOException(path + " has version=" + version + "; version 1 can be read");
        }
        String nodeId = value(properties, "node.id", path);
        String directoryId = value(properties, "directory.id", path);
        try {
            return Optional.of(new MetaProperties(
                    value(properties, "cluster.id", path), Integer.parseInt(nodeId), Uuid.fromString(directoryId)));
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    path + " has node.id=" + nodeId + " and directory.id=" + directoryId
                            + "; a number and a Kafka UUID are needed",
                    e);
        }
    }

    private static String value(Properties properties, String key, Path path) throws IOException {
        String value = properties.getProperty(key);
        if (value == null || value.isBlank()) {
            throw new IOException(path + " has no " + key + "; restore the file, or format the folder anew");
        }
        return value.strip();
    }
}
