@NullMarked
package dev.sampo.gate;

import org.jspecify.annotations.NullMarked;
