package dev.sampo.cluster;

import dev.sampo.persistence.log.LogFiles;
import dev.sampo.persistence.log.RealLogFiles;
import java.util.function.LongSupplier;

/**
 * What a broker takes from the machine it runs on. A test may put its own in place: a disk that is full on command, a
 * clock that stands still.
 *
 * @param files the disk below all partition logs and the broker's own small files; the metadata log has the machine's
 * @param wallClockMs milliseconds since 1970: record timestamps, retention, compaction lags, expiry of group offsets.
 *     Time-outs and sessions have their own, monotonic clocks.
 */
public record BrokerMachine(LogFiles files, LongSupplier wallClockMs) {
    /** The machine itself. */
    public static final BrokerMachine REAL = new BrokerMachine(new RealLogFiles(), System::currentTimeMillis);
}
