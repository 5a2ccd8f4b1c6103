/** What clients saw, and the rules that it must keep. Plain code: no broker, no client, no clock. */
@NullMarked
package dev.sampo.tests.chaos.history;

import org.jspecify.annotations.NullMarked;
