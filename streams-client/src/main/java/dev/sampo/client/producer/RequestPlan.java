package dev.sampo.client.producer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;

/**
 * Puts batches that may be sent together into requests, one per broker, and counts the requests open to each broker.
 *
 * <p>Invariant: never more than {@code max.in.flight.requests.per.connection} open to a broker.
 */
final class RequestPlan {
    private static final class Broker {
        private final List<PartitionLine> offered = new ArrayList<>();
        private int openRequests;
        private int firstTurn;
    }

    private final ProducerOptions options;
    private final Map<Integer, Broker> brokers = new HashMap<>();

    RequestPlan(ProducerOptions options) {
        this.options = options;
    }

    /** This line's first waiting batch may go to {@code leader}. */
    void offer(PartitionLine line, int leader) {
        brokers.computeIfAbsent(leader, id -> new Broker()).offered.add(line);
    }

    /** No request is open to the broker. */
    boolean isIdle(int brokerId) {
        Broker broker = brokers.get(brokerId);
        return broker == null || broker.openRequests == 0;
    }

    /** Requests for the offered lines, as many as may be open; the offers are used up. */
    List<ProduceCall> take(Function<String, Uuid> topicIds, long nowMs) {
        var calls = new ArrayList<ProduceCall>();
        brokers.forEach((brokerId, broker) -> {
            while (broker.openRequests < options.maxInFlightPerBroker()) {
                List<ProducerBatch> batches = fill(broker, nowMs);
                if (batches.isEmpty()) {
                    break;
                }
                broker.openRequests++;
                calls.add(new ProduceCall(brokerId, batches, ProduceAnswers.request(batches, options, topicIds)));
            }
            broker.offered.clear();
        });
        return calls;
    }

    /** One batch per offered line while they fit into {@code max.request.size}; starts at another line each time. */
    private List<ProducerBatch> fill(Broker broker, long nowMs) {
        var batches = new ArrayList<ProducerBatch>();
        int lines = broker.offered.size();
        int start = lines == 0 ? 0 : broker.firstTurn % lines;
        long sizeBytes = 0;
        for (int turn = 0; turn < lines; turn++) {
            PartitionLine line = broker.offered.get((start + turn) % lines);
            ProducerBatch next = line.firstWaiting();
            if (next == null || line.mustWait(nowMs)) {
                continue;
            }
            sizeBytes += next.sizeBytes();
            if (!batches.isEmpty() && sizeBytes > options.maxRequestSizeBytes()) {
                broker.firstTurn = start + turn;
                break;
            }
            batches.add(line.send(options.idempotent()));
        }
        return batches;
    }

    /** A request was answered or is lost. */
    void answered(ProduceCall call) {
        Broker broker = brokers.get(call.brokerId());
        if (broker == null || broker.openRequests == 0) {
            throw new IllegalStateException("broker " + call.brokerId() + " answered a request that was not open");
        }
        broker.openRequests--;
    }
}
