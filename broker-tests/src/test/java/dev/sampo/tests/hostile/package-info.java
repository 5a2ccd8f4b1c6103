/** Bytes that no client would send. */
@NullMarked
package dev.sampo.tests.hostile;

import org.jspecify.annotations.NullMarked;
