/** Messages between actors, one file per noun. No logic. */
@NullMarked
package dev.sampo.actors.protocol;

import org.jspecify.annotations.NullMarked;
