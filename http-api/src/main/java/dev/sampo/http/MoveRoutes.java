package dev.sampo.http;

import dev.sampo.http.body.MoveBodies;
import dev.sampo.http.kafka.BalanceCalls;
import dev.sampo.http.kafka.ElectionCalls;
import dev.sampo.http.kafka.NodeCalls;
import dev.sampo.http.kafka.ReassignmentCalls;
import dev.sampo.http.route.Answers;
import dev.sampo.http.route.Call;
import dev.sampo.http.route.Endpoint;
import dev.sampo.http.route.Problem;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** What moves partitions and leaders between brokers. Moves that were begun go on; {@code GET /v1/reassignments} shows them. */
final class MoveRoutes {
    private final NodeCalls nodes;
    private final ReassignmentCalls reassignments;
    private final ElectionCalls elections;
    private final BalanceCalls balance;

    MoveRoutes(NodeCalls nodes, ReassignmentCalls reassignments, ElectionCalls elections, BalanceCalls balance) {
        this.nodes = nodes;
        this.reassignments = reassignments;
        this.elections = elections;
        this.balance = balance;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.of("DELETE", "/v1/brokers/{broker}", "Forgets a broker that is stopped and holds nothing.")
                        .dryRun()
                        .answers(200, MoveBodies.BrokerChange.class)
                        .handle(call -> nodes.remove(call.pathNumber("broker"), call.dryRun()).thenApply(Answers::ok)),
                Endpoint.of("POST", "/v1/brokers/{broker}/drain", "Takes a broker out of use: it leads nothing, its replicas move.")
                        .dryRun()
                        .takes(Endpoint.JSON, MoveBodies.DrainRequest.class)
                        .answers(202, MoveBodies.Drained.class)
                        .answers(200, MoveBodies.Drained.class)
                        .answers(207, MoveBodies.Drained.class)
                        .handle(call -> call.json(MoveBodies.DrainRequest.class)
                                .thenCompose(body -> nodes.drain(call.pathNumber("broker"), body, call.dryRun()))
                                .thenApply(done -> begun(
                                        done.dryRun(), done.moves().stream().anyMatch(move -> move.error() != null), done))),
                Endpoint.of("DELETE", "/v1/brokers/{broker}/drain", "Puts a drained broker to use again.")
                        .dryRun()
                        .answers(200, MoveBodies.BrokerChange.class)
                        .handle(call -> nodes.undrain(call.pathNumber("broker"), call.dryRun()).thenApply(Answers::ok)),
                Endpoint.of("GET", "/v1/reassignments", "Lists the partitions that move between brokers.")
                        .answers(200, MoveBodies.Reassignments.class)
                        .handle(call -> reassignments.underWay().thenApply(Answers::ok)),
                Endpoint.of("POST", "/v1/reassignments", "Moves partitions to other brokers.")
                        .dryRun()
                        .takes(Endpoint.JSON, MoveBodies.NewReassignments.class)
                        .answers(202, MoveBodies.MoveResults.class)
                        .answers(200, MoveBodies.MoveResults.class)
                        .answers(207, MoveBodies.MoveResults.class)
                        .handle(call -> call.json(MoveBodies.NewReassignments.class)
                                .thenCompose(body -> reassignments.start(body, call.dryRun()))
                                .thenApply(done -> begun(
                                        done.dryRun(), done.moves().stream().anyMatch(move -> move.error() != null), done))),
                Endpoint.of("DELETE", "/v1/reassignments", "Cancels moves: what moves stays where it was.")
                        .dryRun()
                        .query("topic", "string", "Only partitions of this topic; default all.")
                        .query("partition", "integer", "Only this partition of the topic.")
                        .answers(200, MoveBodies.CancelledMoves.class)
                        .answers(207, MoveBodies.CancelledMoves.class)
                        .handle(this::cancel),
                Endpoint.of("POST", "/v1/elections", "Elects the preferred leaders of partitions, or unclean ones.")
                        .dryRun()
                        .takes(Endpoint.JSON, MoveBodies.Election.class)
                        .answers(200, MoveBodies.ElectionResults.class)
                        .answers(207, MoveBodies.ElectionResults.class)
                        .handle(call -> call.json(MoveBodies.Election.class)
                                .thenCompose(body -> elections.elect(body, call.dryRun()))
                                .thenApply(done -> done(done.results().stream().anyMatch(each -> each.error() != null), done))),
                Endpoint.of("GET", "/v1/quorum", "Describes the members of the metadata log.")
                        .answers(200, MoveBodies.Quorum.class)
                        .handle(call -> elections.quorum().thenApply(Answers::ok)),
                Endpoint.of("GET", "/v1/balance", "Plans moves that make the cluster even, each with its reason; begins none.")
                        .answers(200, MoveBodies.Balance.class)
                        .handle(call -> balance.plan().thenApply(Answers::ok)),
                Endpoint.of("POST", "/v1/balance", "Plans moves that make the cluster even and begins them.")
                        .dryRun()
                        .takes(Endpoint.JSON, MoveBodies.BalanceRequest.class)
                        .answers(202, MoveBodies.Balance.class)
                        .answers(200, MoveBodies.Balance.class)
                        .answers(207, MoveBodies.Balance.class)
                        .handle(call -> call.json(MoveBodies.BalanceRequest.class)
                                .thenCompose(body -> call.dryRun() ? balance.plan() : balance.apply(body.throttleBytesPerSecond()))
                                .thenApply(done -> begun(
                                        done.dryRun(), done.moves().stream().anyMatch(move -> move.error() != null), done))),
                Endpoint.of("DELETE", "/v1/balance", "Cancels all moves that are under way.")
                        .dryRun()
                        .answers(200, MoveBodies.CancelledMoves.class)
                        .answers(207, MoveBodies.CancelledMoves.class)
                        .handle(call -> reassignments.cancel(null, null, call.dryRun()).thenApply(MoveRoutes::cancelled)));
    }

    private CompletionStage<HttpResponse> cancel(Call call) {
        String topic = call.query("topic");
        Integer partition = call.query("partition") == null
                ? null
                : Integer.valueOf((int) call.queryNumber("partition", 0, 0, Integer.MAX_VALUE));
        if (partition != null && topic == null) {
            throw Problem.invalid("topic", "A partition belongs to a topic: say which.");
        }
        return reassignments.cancel(topic, partition, call.dryRun()).thenApply(MoveRoutes::cancelled);
    }

    private static HttpResponse cancelled(MoveBodies.CancelledMoves done) {
        return done(done.moves().stream().map(MoveBodies.CancelledMove::error).anyMatch(Objects::nonNull), done);
    }

    private static HttpResponse done(boolean someRefused, Object body) {
        return Answers.json(someRefused ? 207 : 200, body);
    }

    private static HttpResponse begun(boolean dryRun, boolean someRefused, Object body) {
        if (someRefused) {
            return Answers.json(207, body);
        }
        return Answers.json(dryRun ? 200 : 202, body);
    }
}
