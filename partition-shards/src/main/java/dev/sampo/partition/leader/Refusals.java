package dev.sampo.partition.leader;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Partition;
import dev.sampo.actors.protocol.Partition.AppendReply;
import dev.sampo.actors.protocol.Partition.DeleteRecordsReply;
import dev.sampo.actors.protocol.Partition.DescribeLogReply;
import dev.sampo.actors.protocol.Partition.DescribeProducersReply;
import dev.sampo.actors.protocol.Partition.EpochEndOffsetReply;
import dev.sampo.actors.protocol.Partition.ListOffsetReply;
import dev.sampo.actors.protocol.Partition.ReplicaReadReply;
import dev.sampo.partition.fetch.ConsumerReads;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The answers of a partition that does not do what it is asked; unknown offsets are -1, as in Kafka's error answers. */
final class Refusals {
    private Refusals() {}

    /** Answers {@code request} with {@code error}. */
    static void refuse(Partition.Request request, KafkaError error) {
        switch (request) {
            case Partition.Append append -> refuse(append, error, -1, List.of(), null);
            case Partition.Read read -> ConsumerReads.refuse(read, error);
            case Partition.ReplicaRead read -> read.replyTo().tell(new ReplicaReadReply(
                    read.requestId(), read.index(), error, read.fetchOffset(), -1, -1, -1, null, -1, -1));
            case Partition.ListOffset list -> list.replyTo().tell(
                    new ListOffsetReply(list.requestId(), list.index(), error, -1, -1, -1));
            case Partition.EpochEndOffset epoch -> epoch.replyTo().tell(
                    new EpochEndOffsetReply(epoch.requestId(), epoch.index(), error, -1, -1));
            case Partition.DeleteRecords delete -> delete.replyTo().tell(
                    new DeleteRecordsReply(delete.requestId(), delete.index(), error, -1));
            case Partition.DescribeProducers describe -> describe.replyTo().tell(
                    new DescribeProducersReply(describe.requestId(), describe.index(), error, List.of()));
            case Partition.DescribeLog describe -> describe.replyTo().tell(
                    new DescribeLogReply(describe.requestId(), describe.index(), error, -1, -1, -1, -1));
        }
    }

    static void refuse(
            Partition.Append append, KafkaError error, long logStartOffset, List<Partition.RecordError> recordErrors,
            @Nullable String message) {
        append.replyTo().tell(new AppendReply(
                append.requestId(), append.index(), error, -1, -1, logStartOffset, recordErrors, message));
    }
}
