/** How control messages cross nodes and events reach the journal: Kryo with registered classes only. */
@NullMarked
package dev.sampo.actors.serialization;

import org.jspecify.annotations.NullMarked;
