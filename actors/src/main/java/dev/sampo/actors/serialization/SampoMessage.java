package dev.sampo.actors.serialization;

/** Marks what crosses nodes or is persisted: serialized by Kryo with a fixed class id. */
public interface SampoMessage {}
