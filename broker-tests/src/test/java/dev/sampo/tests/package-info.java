/** Rules and tests about the whole. Nothing here is used by the broker. */
@NullMarked
package dev.sampo.tests;

import org.jspecify.annotations.NullMarked;
