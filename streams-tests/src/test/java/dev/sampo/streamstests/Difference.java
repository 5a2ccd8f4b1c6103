package dev.sampo.streamstests;

/** What our client does otherwise than the connector, on purpose. Each entry is shown by a scenario of {@code DifferencesIT}. */
public enum Difference {
    /** A message that writes nothing must not overtake the records before it. */
    OFFSETS_ARE_COMMITTED_IN_THE_ORDER_OF_THE_STREAM(
            "committableSink commits the offset of a pass-through message at once, though records before it are not written yet; their later offset then moves the commit back",
            "committableSink commits an offset only when all before it are written, and never moves back"),
    /** Resuming after a serializer's failure leaves out the element, like the failure of any other stage. */
    A_SERIALIZER_FAILURE_IS_RESUMED_BY_SUPERVISION(
            "flexiFlow fails the stream whatever the supervision strategy says, as the serializer runs inside send",
            "flexiFlow asks the supervision strategy; resume leaves the element out");

    private final String connector;
    private final String ours;

    Difference(String connector, String ours) {
        this.connector = connector;
        this.ours = ours;
    }

    /** What the connector does. */
    public String connector() {
        return connector;
    }

    /** What our client does. */
    public String ours() {
        return ours;
    }
}
