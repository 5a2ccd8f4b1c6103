package dev.sampo.partition.controller;

import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;

/** This broker's view of the metadata log: the newest image applied, and who wants to hear of the next. Thread-safe. */
public interface MetadataImages {
    /** The newest image; one volatile read. */
    MetadataImage current();

    /**
     * Calls {@code listener} with (previous, next) after each change, in order, on the thread that applies: it only
     * tells an actor or sets a field, and never blocks. The first call is with ({@link MetadataImage#EMPTY}, current).
     *
     * @return cancels the subscription
     */
    Runnable subscribe(BiConsumer<MetadataImage, MetadataImage> listener);

    /** Completes once {@code current().offset() >= offset}. */
    CompletionStage<MetadataImage> reached(long offset);
}
