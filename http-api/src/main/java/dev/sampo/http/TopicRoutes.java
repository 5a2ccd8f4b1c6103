package dev.sampo.http;

import dev.sampo.http.body.TopicBodies;
import dev.sampo.http.kafka.TopicCalls;
import dev.sampo.http.route.Answers;
import dev.sampo.http.route.Call;
import dev.sampo.http.route.Endpoint;
import dev.sampo.http.route.Problem;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Topics: list, create, describe, delete; more partitions; fewer records. */
final class TopicRoutes {
    private final TopicCalls topics;

    TopicRoutes(TopicCalls topics) {
        this.topics = topics;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.of("GET", "/v1/topics", "Lists topics by name.")
                        .paged()
                        .query("prefix", "string", "Only names that begin with it.")
                        .query("internal", "boolean", "true: Kafka's own topics too.", "true", "false")
                        .answers(200, TopicBodies.Topics.class)
                        .handle(call -> topics.list(
                                        call.pageToken(), call.pageSize(), call.query("prefix"), call.flag("internal"))
                                .thenApply(Answers::ok)),
                Endpoint.of("POST", "/v1/topics", "Creates a topic.")
                        .dryRun()
                        .takes(Endpoint.JSON, TopicBodies.NewTopic.class)
                        .answers(201, TopicBodies.CreatedTopic.class)
                        .answers(200, TopicBodies.CreatedTopic.class)
                        .handle(this::create),
                Endpoint.of("GET", "/v1/topics/{topic}", "Describes a topic.")
                        .answers(200, TopicBodies.Topic.class)
                        .handle(call -> topics.describe(call.path("topic")).thenApply(Answers::ok)),
                Endpoint.of("DELETE", "/v1/topics/{topic}", "Deletes a topic with all its records.")
                        .dryRun()
                        .answers(200, TopicBodies.DeletedTopic.class)
                        .handle(call -> topics.delete(call.path("topic"), call.dryRun()).thenApply(Answers::ok)),
                Endpoint.of("POST", "/v1/topics/{topic}/partitions", "Increases the number of partitions.")
                        .dryRun()
                        .takes(Endpoint.JSON, TopicBodies.PartitionCount.class)
                        .answers(200, TopicBodies.PartitionCountChange.class)
                        .handle(call -> call.json(TopicBodies.PartitionCount.class)
                                .thenCompose(body -> topics.increase(call.path("topic"), body.count(), call.dryRun()))
                                .thenApply(Answers::ok)),
                Endpoint.of("DELETE", "/v1/topics/{topic}/records", "Deletes the records before an offset.")
                        .dryRun()
                        .required("before_offset", "string", "The first offset to keep, or latest for none.")
                        .query("partition", "integer", "Needed unless before_offset is latest; default all.")
                        .answers(200, TopicBodies.RecordDeletion.class)
                        .handle(this::deleteRecords));
    }

    private CompletionStage<HttpResponse> create(Call call) {
        return call.json(TopicBodies.NewTopic.class)
                .thenCompose(body -> {
                    if (body.name() == null) {
                        throw Problem.invalid("name", "A topic needs a name.");
                    }
                    return topics.create(body, call.dryRun());
                })
                .thenApply(created -> Answers.json(created.dryRun() ? 200 : 201, created));
    }

    private CompletionStage<HttpResponse> deleteRecords(Call call) {
        String topic = call.path("topic");
        boolean latest = "latest".equals(call.query("before_offset"));
        long before = latest ? -1 : call.queryNumber("before_offset", -1, 0, Long.MAX_VALUE);
        if (call.query("partition") != null) {
            int partition = (int) call.queryNumber("partition", 0, 0, Integer.MAX_VALUE);
            return topics.deleteRecords(topic, Map.of(partition, before), call.dryRun()).thenApply(Answers::ok);
        }
        if (!latest) {
            throw Problem.invalid("partition", "An offset belongs to one partition: say which.");
        }
        return topics.partitionCount(topic)
                .thenCompose(count -> {
                    Map<Integer, Long> all = new TreeMap<>();
                    for (int partition = 0; partition < count; partition++) {
                        all.put(partition, before);
                    }
                    return topics.deleteRecords(topic, all, call.dryRun());
                })
                .thenApply(Answers::ok);
    }
}
