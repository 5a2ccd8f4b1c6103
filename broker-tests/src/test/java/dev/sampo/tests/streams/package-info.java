/** Streams on nodes of the cluster. */
package dev.sampo.tests.streams;
