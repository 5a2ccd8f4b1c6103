package dev.sampo.actors.metrics;

/** What is counted for each topic and for the whole broker. */
public enum TopicMetric {
    /** Records appended by leaders of this broker. */
    MESSAGES_IN("MessagesInPerSec", "messages"),
    /** Bytes of the batches appended, as they are stored. */
    BYTES_IN("BytesInPerSec", "bytes"),
    /** Bytes of batches sent to consumers. */
    BYTES_OUT("BytesOutPerSec", "bytes"),
    /** Bytes of batches refused since they are too large. */
    BYTES_REJECTED("BytesRejectedPerSec", "bytes"),
    /** Partitions that leaders of this broker were asked to append to. */
    PRODUCE_REQUESTS("TotalProduceRequestsPerSec", "requests"),
    /** Partitions that consumers asked to read. */
    FETCH_REQUESTS("TotalFetchRequestsPerSec", "requests"),
    /** Of {@link #PRODUCE_REQUESTS}, those refused for their contents: invalid records, sequences, timestamps. */
    FAILED_PRODUCE_REQUESTS("FailedProduceRequestsPerSec", "requests"),
    /** Of {@link #FETCH_REQUESTS}, those that failed in a way a client cannot mend: corruption, unknown errors. */
    FAILED_FETCH_REQUESTS("FailedFetchRequestsPerSec", "requests");

    private final String kafkaName;
    private final String eventType;

    TopicMetric(String kafkaName, String eventType) {
        this.kafkaName = kafkaName;
        this.eventType = eventType;
    }

    /** The name of its bean. */
    public String kafkaName() {
        return kafkaName;
    }

    /** What is counted, in the plural. */
    public String eventType() {
        return eventType;
    }
}
