package dev.sampo.client.internal.consumer;

import dev.sampo.client.CommitWhen;
import dev.sampo.client.CommitterSettings;
import dev.sampo.client.ConsumerMessage;
import dev.sampo.client.ConsumerMessage.Committable;
import dev.sampo.client.ConsumerMessage.CommittableOffset;
import dev.sampo.client.ConsumerMessage.CommittableOffsetBatch;
import dev.sampo.client.ConsumerMessage.GroupTopicPartition;
import dev.sampo.client.PartitionRevokedException;
import dev.sampo.client.internal.KafkaClient;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the committer stages are made of. */
public final class Commits {
    private static final Logger log = LoggerFactory.getLogger(Commits.class);

    private Commits() {}

    /** The commit without the failure that revoked partitions are. */
    public static CompletionStage<Done> leavingOutRevoked(CompletionStage<Done> commit) {
        return commit.exceptionallyCompose(failure -> {
            if (KafkaClient.cause(failure) instanceof PartitionRevokedException revoked) {
                log.atInfo().addKeyValue("cause", revoked.getMessage()).log("offsets of revoked partitions left out");
                return CompletableFuture.completedStage(Done.getInstance());
            }
            return CompletableFuture.failedStage(failure);
        });
    }

    /** Commits without waiting; a failure is logged. */
    public static void sendAndForget(Committable batch) {
        var unused = leavingOutRevoked(batch.commitJavadsl()).whenComplete((done, failure) -> {
            if (failure != null) {
                log.atWarn().addKeyValue("cause", KafkaClient.cause(failure).toString()).log("commit failed");
            }
        });
    }

    /** Collects offsets to batches. Takes offsets in while its batch waits for downstream, up to max-batch. */
    public static final class BatchStage<C extends Committable>
            extends GraphStage<FlowShape<C, CommittableOffsetBatch>> {
        private final Inlet<C> in = Inlet.create("CommitBatches.in");
        private final Outlet<CommittableOffsetBatch> out = Outlet.create("CommitBatches.out");
        private final CommitterSettings settings;

        /** Batches as the settings say. */
        public BatchStage(CommitterSettings settings) {
            this.settings = settings;
        }

        @Override
        public FlowShape<C, CommittableOffsetBatch> shape() {
            return FlowShape.of(in, out);
        }

        @Override
        public GraphStageLogic createLogic(Attributes inherited) {
            return new Logic(shape());
        }

        private final class Logic extends TimerGraphStageLogic {
            private final Map<GroupTopicPartition, CommittableOffset> held = new HashMap<>();
            private CommittableOffsetBatch batch = ConsumerMessage.emptyCommittableOffsetBatch();
            private boolean due;
            private boolean finished;

            Logic(FlowShape<C, CommittableOffsetBatch> shape) {
                super(shape);
                setHandler(in, new AbstractInHandler() {
                    @Override
                    public void onPush() {
                        collect(grab(in));
                        if (batch.batchSize() >= settings.maxBatch()) {
                            due = true;
                        }
                        step();
                    }

                    @Override
                    public void onUpstreamFinish() {
                        finish();
                    }

                    @Override
                    public void onUpstreamFailure(Throwable cause) {
                        addHeld();
                        if (!batch.isEmpty()) {
                            sendAndForget(batch); // processed before the failure, so it counts
                        }
                        failStage(cause);
                    }
                });
                setHandler(out, new AbstractOutHandler() {
                    @Override
                    public void onPull() {
                        step();
                    }
                });
            }

            @Override
            public void preStart() {
                pull(in);
            }

            private void collect(C committable) {
                if (settings.when() == CommitWhen.OffsetFirstObserved
                        || !(committable instanceof CommittableOffset offset)) {
                    add(committable);
                    return;
                }
                CommittableOffset before = held.put(offset.partitionOffset().key(), offset);
                if (before != null && before.partitionOffset().offset() != offset.partitionOffset().offset()) {
                    add(before);
                }
            }

            private void add(Committable committable) {
                if (batch.isEmpty()) {
                    scheduleOnce("interval", Duration.ofNanos(settings.maxInterval().toNanos()));
                }
                batch = batch.updated(committable);
            }

            private void addHeld() {
                held.values().forEach(this::add);
                held.clear();
            }

            private void finish() {
                finished = true;
                addHeld();
                due = true;
                step();
            }

            private void step() {
                if (due && !batch.isEmpty() && isAvailable(out)) {
                    CommittableOffsetBatch full = batch;
                    batch = ConsumerMessage.emptyCommittableOffsetBatch();
                    due = finished;
                    cancelTimer("interval");
                    push(out, full);
                }
                if (finished) {
                    if (batch.isEmpty()) {
                        completeStage();
                    }
                } else if (batch.batchSize() < settings.maxBatch() && !hasBeenPulled(in)) {
                    pull(in);
                }
            }

            @Override
            public void onTimer(Object key) {
                due = true;
                step();
            }
        }
    }
}
