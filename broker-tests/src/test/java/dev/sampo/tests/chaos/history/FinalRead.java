package dev.sampo.tests.chaos.history;

import java.util.List;
import java.util.Map;

/**
 * The whole of each partition after all faults are over.
 *
 * @param source through which leader or from whose files
 * @param partitions records in offset order
 */
public record FinalRead(String source, Map<Integer, List<Stored>> partitions) {}
