/** The controller (event-sourced) and the metadata image that every broker holds. Rules here know no clock, file or network. */
@NullMarked
package dev.sampo.partition.controller;

import org.jspecify.annotations.NullMarked;
