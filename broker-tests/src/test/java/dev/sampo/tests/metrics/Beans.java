package dev.sampo.tests.metrics;

import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;

/** The beans of a broker, read by name. */
record Beans(MBeanServerConnection server) {
    boolean exists(String name) {
        try {
            return server.isRegistered(new ObjectName(name));
        } catch (JMException | IOException e) {
            throw new AssertionError(name, e);
        }
    }

    /** -1 when there is no such bean (yet). */
    long count(String name) {
        return exists(name) ? ((Number) attribute(name, "Count")).longValue() : -1;
    }

    /** -1 when there is no such bean (yet). */
    long value(String name) {
        return exists(name) ? ((Number) attribute(name, "Value")).longValue() : -1;
    }

    Object attribute(String name, String attribute) {
        try {
            return server.getAttribute(new ObjectName(name), attribute);
        } catch (InstanceNotFoundException e) {
            throw new AssertionError("no bean " + name, e);
        } catch (JMException | IOException e) {
            throw new AssertionError(name + " " + attribute, e);
        }
    }

    /** {@code name:type} of each attribute. */
    Set<String> attributes(String name) {
        try {
            return Stream.of(server.getMBeanInfo(new ObjectName(name)).getAttributes())
                    .map((MBeanAttributeInfo info) -> info.getName() + ":" + info.getType())
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (JMException | IOException e) {
            throw new AssertionError(name, e);
        }
    }

    /** Every name of Kafka's domains. */
    Set<String> names() {
        try {
            return server.queryNames(new ObjectName("kafka*:*"), null).stream()
                    .map(ObjectName::toString)
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (JMException | IOException e) {
            throw new AssertionError("names of beans", e);
        }
    }
}
