/** What only our Streams client has on the consuming side, and what is asked of it alone. */
@org.jspecify.annotations.NullMarked
package dev.sampo.streamstests.consumer;
