package dev.sampo.partition.controller;

import java.util.ArrayList;
import java.util.List;

/** Events decided so far for one command, and the image with them applied, which the next item of it is judged by. */
final class Draft {
    private final List<ControllerEvent> events = new ArrayList<>();
    private MetadataImage image;

    Draft(MetadataImage image) {
        this.image = image;
    }

    MetadataImage image() {
        return image;
    }

    void add(ControllerEvent event) {
        image = image.apply(event);
        events.add(event);
    }

    void addAll(List<? extends ControllerEvent> more) {
        more.forEach(this::add);
    }

    List<ControllerEvent> events() {
        return List.copyOf(events);
    }

    /** Where the last event will be in the metadata log, -1 when there is none. */
    long metadataOffset() {
        return events.isEmpty() ? -1 : image.offset();
    }
}
