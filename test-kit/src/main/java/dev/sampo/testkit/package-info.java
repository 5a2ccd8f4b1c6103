/** A broker inside a test: JUnit 5 extension, fault switches. Nothing here is for production. */
@NullMarked
package dev.sampo.testkit;

import org.jspecify.annotations.NullMarked;
