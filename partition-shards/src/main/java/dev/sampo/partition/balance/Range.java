package dev.sampo.partition.balance;

/** What is even enough: {@code low} to {@code high}, both inclusive, around {@code mean}. */
record Range(double mean, long low, long high) {
    /** Within {@code share} of the mean, or {@code least} where that is more. */
    static Range around(long total, int brokers, double share, long least) {
        double mean = brokers == 0 ? 0 : (double) total / brokers;
        double tolerance = Math.max((double) least, share * mean);
        return new Range(mean, (long) Math.ceil(mean - tolerance), (long) Math.floor(mean + tolerance));
    }

    /** How far a value is outside; 0 within. */
    long outside(long value) {
        return Math.max(0, Math.max(low - value, value - high));
    }
}
