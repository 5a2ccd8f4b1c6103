package dev.sampo.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A broker for a test: on a class one that its tests share, on a method one of the method's own. Parameters of type
 * {@link SampoCluster} are that broker.
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(SampoTestExtension.class)
public @interface SampoTest {
    /** Topics to create beforehand: {@code "orders"} with one partition, {@code "orders:6"} with six. */
    String[] topics() default {};

    /** Broker settings under Kafka's names: {@code "auto.create.topics.enable=false"}. */
    String[] config() default {};
}
