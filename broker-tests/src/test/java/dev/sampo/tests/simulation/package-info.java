/**
 * A cluster on one thread with virtual time: the production rules of leader, follower, sentinel, controller and session run
 * under a seeded scheduler with faults, and are judged after every event. {@code README.md} in the resources says what is
 * simulated, which invariants are checked where, and lists the planted bugs.
 */
package dev.sampo.tests.simulation;
