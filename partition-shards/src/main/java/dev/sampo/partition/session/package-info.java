/**
 * Who is alive: brokers' sessions with the metadata voters, the lease that they give, the proof that a process is dead, and
 * what follows for the cluster's members. Rules are plain classes; {@link dev.sampo.partition.session.SessionActor} and
 * {@link dev.sampo.partition.session.DeathWatch} carry.
 */
@NullMarked
package dev.sampo.partition.session;

import org.jspecify.annotations.NullMarked;
