/** Streams on nodes of the cluster that are processes of their own. */
package dev.sampo.streamstests.cluster;
