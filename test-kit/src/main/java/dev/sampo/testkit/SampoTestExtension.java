package dev.sampo.testkit;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/** What {@link SampoTest} does: starts the broker when it is first needed, closes it with its class or method. */
final class SampoTestExtension implements BeforeEachCallback, AfterEachCallback, ParameterResolver {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(SampoTest.class);
    /** A broker that goes with the context that stores it. */
    private record Stored(SampoCluster cluster) implements AutoCloseable {
        @Override
        public void close() {
            cluster.close();
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        var _ = cluster(context);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Stored used = context.getStore(NAMESPACE).get(owner(context).getUniqueId(), Stored.class);
        if (used != null) {
            used.cluster().undoFaults();
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == SampoCluster.class;
    }

    @Override
    public SampoCluster resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return cluster(context);
    }

    private static SampoCluster cluster(ExtensionContext context) {
        ExtensionContext owner = owner(context);
        SampoTest wanted = annotation(owner);
        if (wanted == null) {
            throw new ExtensionConfigurationException(
                    "put @SampoTest on the class or the test method: it says which broker to start");
        }
        return owner.getStore(NAMESPACE)
                .getOrComputeIfAbsent(owner.getUniqueId(), id -> new Stored(build(wanted).start()), Stored.class)
                .cluster();
    }

    /** The test itself when it is annotated, else the annotated class. */
    private static ExtensionContext owner(ExtensionContext context) {
        ExtensionContext found = context;
        while (annotation(found) == null || isPartOfAnnotatedClass(found)) {
            Optional<ExtensionContext> parent = found.getParent();
            if (parent.isEmpty()) {
                return context;
            }
            found = parent.get();
        }
        return found;
    }

    /** A nested class without an annotation of its own uses the outer class's broker. */
    private static boolean isPartOfAnnotatedClass(ExtensionContext context) {
        return context.getElement().filter(Class.class::isInstance).isPresent()
                && context.getParent().map(SampoTestExtension::annotation).isPresent()
                && !context.getRequiredTestClass().isAnnotationPresent(SampoTest.class);
    }

    private static @Nullable SampoTest annotation(ExtensionContext context) {
        return context.getElement()
                .flatMap(element -> AnnotationSupport.findAnnotation(element, SampoTest.class))
                .orElse(null);
    }

    private static SampoCluster build(SampoTest wanted) {
        SampoCluster.Builder builder = SampoCluster.builder();
        for (String topic : wanted.topics()) {
            int colon = topic.lastIndexOf(':');
            builder.topic(colon < 0 ? topic : topic.substring(0, colon), colon < 0 ? 1 : partitions(topic, colon));
        }
        for (String config : wanted.config()) {
            int equals = config.indexOf('=');
            if (equals < 1) {
                throw new ExtensionConfigurationException(
                        "@SampoTest(config = \"" + config + "\"): write name=value");
            }
            builder.config(config.substring(0, equals).strip(), config.substring(equals + 1).strip());
        }
        return builder.build();
    }

    private static int partitions(String topic, int colon) {
        try {
            return Integer.parseInt(topic.substring(colon + 1));
        } catch (NumberFormatException e) {
            throw new ExtensionConfigurationException(
                    "@SampoTest(topics = \"" + topic + "\"): write name or name:partitions", e);
        }
    }
}
