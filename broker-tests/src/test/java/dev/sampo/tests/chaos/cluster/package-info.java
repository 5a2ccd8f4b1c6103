/** Brokers as processes, the networks, disks and system calls that they meet, and how to break them. */
@NullMarked
package dev.sampo.tests.chaos.cluster;

import org.jspecify.annotations.NullMarked;
