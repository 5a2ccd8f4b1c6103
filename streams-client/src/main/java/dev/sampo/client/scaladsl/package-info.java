/** The same API with Scala's types, a thin conversion over the Java one. */
@org.jspecify.annotations.NullMarked
package dev.sampo.client.scaladsl;
