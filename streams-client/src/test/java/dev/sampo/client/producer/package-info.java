/** Tests of the producing side without a network. */
@org.jspecify.annotations.NullMarked
package dev.sampo.client.producer;
