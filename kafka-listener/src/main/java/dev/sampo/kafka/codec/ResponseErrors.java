package dev.sampo.kafka.codec;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Message;
import org.jspecify.annotations.Nullable;

/**
 * The error codes that an answer holds, at whatever depth: fields called {@code errorCode}. What a message class looks
 * like is found once for each class; Produce and Fetch, the hot ones, are walked by hand.
 */
public final class ResponseErrors {
    /** Takes one code; 0 is no error. */
    @FunctionalInterface
    public interface Sink {
        void error(short code);
    }

    /** How to walk one class of messages. */
    private record Plan(@Nullable Method errorCode, List<Method> children) {}

    private static final ClassValue<Plan> PLANS = new ClassValue<>() {
        @Override
        protected Plan computeValue(Class<?> type) {
            Method errorCode = null;
            List<Method> children = new ArrayList<>();
            for (Method method : type.getDeclaredMethods()) {
                if (method.getParameterCount() != 0 || method.isSynthetic()) {
                    continue;
                }
                if (method.getName().equals("errorCode") && method.getReturnType() == short.class) {
                    errorCode = method;
                } else if (Collection.class.isAssignableFrom(method.getReturnType())
                        && element(method) instanceof Class<?> element && Message.class.isAssignableFrom(element)
                        && hasErrors(element)) {
                    children.add(method);
                }
            }
            return new Plan(errorCode, List.copyOf(children));
        }
    };

    private ResponseErrors() {}

    /** Tells every code in {@code response}. */
    public static void tell(ApiMessage response, Sink sink) {
        switch (response) {
            case ProduceResponseData produce -> {
                for (var topic : produce.responses()) {
                    for (var partition : topic.partitionResponses()) {
                        sink.error(partition.errorCode());
                    }
                }
            }
            case FetchResponseData fetch -> {
                sink.error(fetch.errorCode());
                for (var topic : fetch.responses()) {
                    for (var partition : topic.partitions()) {
                        sink.error(partition.errorCode());
                    }
                }
            }
            default -> walk(response, sink);
        }
    }

    private static void walk(Message message, Sink sink) {
        Plan plan = PLANS.get(message.getClass());
        try {
            if (plan.errorCode() != null) {
                sink.error((short) plan.errorCode().invoke(message));
            }
            for (Method method : plan.children()) {
                if (method.invoke(message) instanceof Collection<?> children) {
                    for (Object child : children) {
                        walk((Message) child, sink);
                    }
                }
            }
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("cannot look into " + message.getClass(), e);
        }
    }

    private static boolean hasErrors(Class<?> type) {
        Plan plan = PLANS.get(type);
        return plan.errorCode() != null || !plan.children().isEmpty();
    }

    /** The element type of a list or of one of Kafka's own collection classes. */
    private static @Nullable Type element(Method method) {
        Type type = method.getGenericReturnType();
        while (!(type instanceof ParameterizedType) && type instanceof Class<?> plain && plain != Object.class) {
            type = plain.getGenericSuperclass();
        }
        return type instanceof ParameterizedType parameterized ? parameterized.getActualTypeArguments()[0] : null;
    }
}
