package dev.sampo.actors.serialization;

/**
 * A module's contribution of classes, named in {@code sampo.serialization.registrars.<module>}; has a constructor without
 * parameters. Ids are for ever: a class that goes leaves its id unused.
 */
public interface KryoRegistrar {
    /** Adds each class of the module that crosses nodes or is persisted. */
    void register(KryoRegistrations registrations);
}
