package dev.sampo.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A broker's configuration file: a Kafka {@code server.properties} when its name ends with {@code .properties},
 * otherwise HOCON with Kafka's names under {@code sampo.kafka}. Names that begin with {@code sampo.} or {@code pekko.}
 * stand for Sampo's own settings in both.
 */
final class SettingsFile {
    private static final Logger log = LoggerFactory.getLogger(SettingsFile.class);

    private SettingsFile() {}

    static BrokerSettings load(Path file) {
        if (!Files.isReadable(file)) {
            throw new StartException("configuration file " + file.toAbsolutePath()
                    + " cannot be read: name a file that this user may read with --config");
        }
        try {
            return file.toString().endsWith(".properties") ? properties(file) : hocon(file);
        } catch (MalformedInputException e) {
            throw new StartException("configuration file " + file + " is not UTF-8 text: save it as UTF-8", e);
        } catch (IOException e) {
            throw new StartException("configuration file " + file + " cannot be read: " + e.getMessage(), e);
        } catch (KafkaProperties.InvalidFileException e) {
            throw new StartException(e.getMessage(), e);
        } catch (IllegalArgumentException e) { // of java.util.Properties
            throw new StartException("configuration file " + file + ": " + e.getMessage()
                    + ": write a backslash as \\\\, or \\u with four hexadecimal digits", e);
        } catch (ConfigException e) {
            throw new StartException("configuration file " + file + ": " + e.getMessage(), e);
        }
    }

    private static BrokerSettings properties(Path file) throws IOException, KafkaProperties.InvalidFileException {
        KafkaProperties properties = KafkaProperties.read(file);
        properties.ignored().forEach((name, reason) -> {
            if (!isSampos(name)) {
                log.atInfo().addKeyValue("name", name).addKeyValue("reason", reason).log("setting has no effect");
            }
        });
        var values = new HashMap<>(properties.values());
        values.putIfAbsent("log.dirs", properties.logDirs().getFirst().toString());
        if (properties.clusterId() != null) {
            values.put("cluster.id", properties.clusterId());
        }
        return BrokerSettings.of(values, sampos(file));
    }

    /** The lines of a properties file that are Sampo's own settings. */
    private static Config sampos(Path file) throws IOException {
        var all = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            all.load(reader);
        }
        Config overlay = ConfigFactory.empty();
        for (String name : all.stringPropertyNames()) {
            if (isSampos(name)) {
                overlay = overlay.withValue(name, ConfigValueFactory.fromAnyRef(all.getProperty(name).strip()));
            }
        }
        return overlay;
    }

    private static boolean isSampos(String name) {
        return name.startsWith("sampo.") || name.startsWith("pekko.");
    }

    private static BrokerSettings hocon(Path file) {
        Config config = ConfigFactory.parseFile(file.toFile()).resolve();
        var kafka = new HashMap<String, String>();
        if (config.hasPath("sampo.kafka")) {
            for (Map.Entry<String, ConfigValue> entry : config.getConfig("sampo.kafka").entrySet()) {
                kafka.put(
                        String.join(".", ConfigUtil.splitPath(entry.getKey())),
                        String.valueOf(entry.getValue().unwrapped()));
            }
        }
        return BrokerSettings.of(kafka, config.withoutPath("sampo.kafka"));
    }
}
