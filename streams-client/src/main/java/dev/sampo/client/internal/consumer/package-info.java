/** Reading: group membership, fetch planning, offsets and the stages that emit records. Not part of the public API. */
@org.jspecify.annotations.NullMarked
package dev.sampo.client.internal.consumer;
