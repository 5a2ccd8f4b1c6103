/** The HTTP API of a whole broker, asked as clients ask it. */
@NullMarked
package dev.sampo.tests.http;

import org.jspecify.annotations.NullMarked;
