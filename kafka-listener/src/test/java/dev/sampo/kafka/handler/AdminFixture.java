package dev.sampo.kafka.handler;

import dev.sampo.actors.config.BrokerDefaults;
import dev.sampo.actors.protocol.Controller;
import dev.sampo.actors.protocol.Controller.ConfigResource;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.partition.controller.MetadataImage;
import dev.sampo.partition.controller.MetadataImages;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.pcollections.HashTreePMap;
import org.pcollections.TreePVector;

/** A broker 1 with an image that tests set, and a controller that answers as they say. */
final class AdminFixture implements AutoCloseable {
    static final Uuid TOPIC_ID = new Uuid(1, 2);

    final ActorTestKit kit = ActorTestKit.create();
    final PartitionRegistry registry = new PartitionRegistry();
    final Map<String, String> levels = new TreeMap<>(Map.of("root", "INFO", "dev.sampo", "DEBUG"));
    final LoggerLevels loggers = new LoggerLevels() {
        @Override
        public Map<String, String> levels() {
            return Map.copyOf(levels);
        }

        @Override
        public void set(String logger, String level) {
            levels.put(logger, level);
        }

        @Override
        public void unset(String logger) {
            levels.put(logger, levels.get("root"));
        }
    };
    volatile MetadataImage image = MetadataImage.EMPTY;
    volatile Controller.Command asked;
    volatile Function<Controller.Command, Runnable> answers = command -> () -> {};

    final MetadataImages images = new MetadataImages() {
        @Override
        public MetadataImage current() {
            return image;
        }

        @Override
        public Runnable subscribe(BiConsumer<MetadataImage, MetadataImage> listener) {
            return () -> {};
        }

        @Override
        public CompletionStage<MetadataImage> reached(long offset) {
            return CompletableFuture.completedFuture(image);
        }
    };

    private final ActorRef<Controller.Command> controllerActor =
            kit.spawn(Behaviors.receiveMessage(command -> {
                asked = command;
                answers.apply(command).run();
                return Behaviors.same();
            }));
    final ControllerClient controller =
            new ControllerClient(controllerActor, images, kit.scheduler(), Duration.ofSeconds(5));

    BrokerDefaults file = BrokerDefaults.KAFKAS;

    TopicReadiness readiness() {
        return new TopicReadiness(1, images, registry, kit.scheduler(), kit.system().executionContext());
    }

    ConfigAlterations alterations() {
        return new ConfigAlterations(1, images, file, loggers, controller);
    }

    /** Adds topic {@code t} with one partition in a group led by {@code leader}. */
    void topic(int leader) {
        image = withTopic(image, leader);
    }

    static MetadataImage withTopic(MetadataImage image, int leader) {
        var topics = image.topics()
                .plus(TOPIC_ID, new MetadataImage.Topic(TOPIC_ID, "t", TreePVector.singleton("g1"), false));
        var group = new MetadataImage.PlacementGroup(
                "g1", TreePVector.singleton(1), 0, leader, 0, 0, TreePVector.singleton(1));
        return new MetadataImage(
                image.offset(), image.brokers(), topics, image.topicIds().plus("t", TOPIC_ID),
                HashTreePMap.singleton("g1", group), image.configs(), image.nextProducerId());
    }

    void configs(ConfigResource resource, Map<String, String> values) {
        image = new MetadataImage(
                image.offset(), image.brokers(), image.topics(), image.topicIds(), image.groups(),
                image.configs().plus(resource, values), image.nextProducerId());
    }

    /** Sends the request through its bytes in this version, and the answer too. */
    <R extends ApiMessage> R send(ApiHandler handler, int version, ApiMessage request) throws Exception {
        var answered = new CompletableFuture<ApiMessage>();
        ApiMessage received = overTheWire(request, handler.apiKey().messageType.newRequest(), (short) version);
        Exchange exchange = (Exchange) Proxy.newProxyInstance(
                Exchange.class.getClassLoader(), new Class<?>[] {Exchange.class}, (proxy, method, args) -> {
                    switch (method.getName()) {
                        case "apiVersion":
                            return (short) version;
                        case "request":
                            return received;
                        case "respond":
                            answered.complete((ApiMessage) args[0]);
                            return null;
                        case "respondWhen":
                            ((CompletionStage<?>) args[0]).whenComplete((response, failure) -> {
                                if (failure != null) {
                                    answered.completeExceptionally(failure);
                                } else {
                                    answered.complete((ApiMessage) response);
                                }
                            });
                            return null;
                        default:
                            throw new UnsupportedOperationException(method.getName());
                    }
                });
        handler.handle(exchange);
        ApiMessage response = answered.get(10, TimeUnit.SECONDS);
        @SuppressWarnings("unchecked")
        R result = (R) overTheWire(response, handler.apiKey().messageType.newResponse(), (short) version);
        return result;
    }

    private static ApiMessage overTheWire(ApiMessage message, ApiMessage empty, short version) {
        ByteBufferAccessor bytes = MessageUtil.toByteBufferAccessor(message, version);
        empty.read(new ByteBufferAccessor(bytes.buffer()), version);
        return empty;
    }

    @Override
    public void close() {
        kit.shutdownTestKit();
    }
}
