/** Serialization of control messages and persisted events: fixed class ids, never reused. */
@NullMarked
package dev.sampo.actors.serialization;

import org.jspecify.annotations.NullMarked;
