package dev.sampo.actors.serialization;

/** What crosses nodes or is persisted. Each class that implements this has an id in a {@link KryoRegistrar}. */
public interface SampoMessage {}
