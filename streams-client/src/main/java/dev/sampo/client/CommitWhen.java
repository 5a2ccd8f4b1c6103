package dev.sampo.client;

/** When an offset is queued to be committed. */
public enum CommitWhen {
    /** As soon as it arrives. */
    OffsetFirstObserved,
    /** When a later offset of its partition arrives, so that an offset that several elements carry is committed once. */
    NextOffsetObserved;

    /** For Java. */
    public static CommitWhen offsetFirstObserved() {
        return OffsetFirstObserved;
    }

    /** For Java. */
    public static CommitWhen nextOffsetObserved() {
        return NextOffsetObserved;
    }
}
