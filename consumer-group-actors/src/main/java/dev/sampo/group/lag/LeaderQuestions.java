package dev.sampo.group.lag;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.model.TopicIdPartition;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.PartitionRegistry;
import dev.sampo.group.lag.LagLook.Answer;
import dev.sampo.group.lag.LagLook.Question;
import dev.sampo.persistence.log.FileSlice;
import dev.sampo.persistence.record.RecordBatch;
import dev.sampo.persistence.record.RecordTimes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * Asks the leaders of this broker, some at a time so that their other work comes in between. Reads the disk: runs on a
 * dispatcher for that. Leaders answer each request, so this one ends.
 */
final class LeaderQuestions extends AbstractBehavior<Partition.Reply> {
    private static final int AT_ONCE = 32;
    /** Records of a batch that spans no more are as good as of one time. */
    private static final long SAME_TIME_MS = 100;

    private final PartitionRegistry registry;
    private final List<Question> questions;
    private final Consumer<List<Answer>> whenDone;
    private final List<Answer> answers;
    private int next;
    private int open;

    private LeaderQuestions(
            ActorContext<Partition.Reply> context, PartitionRegistry registry, List<Question> questions,
            Consumer<List<Answer>> whenDone) {
        super(context);
        this.registry = registry;
        this.questions = questions;
        this.whenDone = whenDone;
        this.answers = new ArrayList<>(Collections.nCopies(questions.size(), Answer.UNKNOWN));
    }

    /** {@code whenDone} is called once, on this actor's thread, with answers in the order of the questions. */
    static Behavior<Partition.Reply> create(
            PartitionRegistry registry, List<Question> questions, Consumer<List<Answer>> whenDone) {
        return Behaviors.setup(context -> new LeaderQuestions(context, registry, questions, whenDone).goOn());
    }

    @Override
    public Receive<Partition.Reply> createReceive() {
        return newReceiveBuilder()
                .onMessage(Partition.ReadReply.class, this::onRead)
                .onMessage(Partition.DescribeLogReply.class, this::onLog)
                .build();
    }

    private Behavior<Partition.Reply> goOn() {
        while (open < AT_ONCE && next < questions.size()) {
            int index = next++;
            long offset = questions.get(index).offset();
            tell(index, offset < 0 ? describe(index) : read(index, offset));
        }
        if (open > 0) {
            return this;
        }
        whenDone.accept(answers);
        return Behaviors.stopped();
    }

    /** A miss stays unknown. */
    private void tell(int index, Partition.Request request) {
        Question question = questions.get(index);
        PartitionRegistry.Entry entry = registry.find(new TopicIdPartition(question.topicId(), question.partition()));
        if (entry != null) {
            open++;
            entry.leader().tell(request);
        }
    }

    private Partition.Request describe(int index) {
        return new Partition.DescribeLog(0, index, getContext().getSelf());
    }

    /** {@code offset} comes back as the request's id. */
    private Partition.Request read(int index, long offset) {
        return new Partition.Read(offset, index, offset, 1, -1, -1, false, true, false, getContext().getSelf());
    }

    private Behavior<Partition.Reply> onRead(Partition.ReadReply reply) {
        open--;
        FileSlice slice = reply.records();
        if (slice != null) {
            answers.set(reply.index(), new Answer(
                    reply.logStartOffset(), reply.highWatermark(), timestampMs(slice, reply.requestId())));
        } else if (reply.error() == KafkaError.NONE) {
            answers.set(reply.index(), new Answer(reply.logStartOffset(), reply.highWatermark(), -1));
        } else if (reply.error() == KafkaError.OFFSET_OUT_OF_RANGE) {
            tell(reply.index(), describe(reply.index()));
        }
        return goOn();
    }

    private Behavior<Partition.Reply> onLog(Partition.DescribeLogReply reply) {
        open--;
        if (reply.error() == KafkaError.NONE) {
            boolean known = answers.get(reply.index()).endOffset() >= 0;
            answers.set(reply.index(), new Answer(reply.logStartOffset(), reply.highWatermark(), -1));
            long offset = questions.get(reply.index()).offset();
            if (!known && offset >= 0 && offset < reply.logStartOffset()) { // what it would have read next is deleted
                tell(reply.index(), read(reply.index(), reply.logStartOffset()));
            }
        }
        return goOn();
    }

    /** Of the first record at or behind {@code offset} in the first batch, -1 when that cannot be read. */
    private long timestampMs(FileSlice slice, long offset) {
        try {
            ByteBuffer header = ByteBuffer.allocate(RecordBatch.HEADER_BYTES);
            slice.read(0, header);
            var batch = new RecordBatch(header.flip());
            if (batch.isLogAppendTime()
                    || (!batch.hasDeleteHorizon() && batch.maxTimestamp() - batch.baseTimestamp() <= SAME_TIME_MS)) {
                return batch.maxTimestamp();
            }
            ByteBuffer whole = ByteBuffer.allocate(Math.min(batch.sizeInBytes(), slice.sizeBytes()));
            slice.read(0, whole);
            RecordTimes.Found found = RecordTimes.firstFrom(whole.flip(), offset, Long.MIN_VALUE);
            return found.offset() < 0 ? batch.maxTimestamp() : found.timestamp();
        } catch (IOException | KafkaException e) {
            getContext().getLog().atDebug().setCause(e).addKeyValue("offset", offset)
                    .log("the age of a record cannot be told");
            return -1;
        } finally {
            slice.release();
        }
    }
}
