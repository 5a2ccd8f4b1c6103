package dev.sampo.group.consumer;

/**
 * What a request meets besides what is true of its group.
 *
 * @param topicsChanged topics may be others than those that the group's epoch was made for
 * @param epochSinceMs when the group's epoch grew last, 0 when not since it was loaded
 */
record Moment(TopicHashes hashes, boolean topicsChanged, ConsumerTimes times, long epochSinceMs, long nowMs) {
    Topics topics() {
        return hashes.topics();
    }
}
