/**
 * The command line: one class for each verb, asking brokers through Kafka's own clients, so that it serves a Kafka as
 * well. Nothing here loads a broker's classes: a command is to answer within a blink.
 */
@NullMarked
package dev.sampo.cluster.cli;

import org.jspecify.annotations.NullMarked;
