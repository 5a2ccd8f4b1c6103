package dev.sampo.partition.controller;

import dev.sampo.actors.protocol.Controller;
import java.util.List;

/**
 * What the controller's rules say to a command.
 *
 * @param events to be journaled as one atomic batch, empty when nothing changes
 * @param reply to be sent once they are
 */
public record Decision<R extends Controller.Reply>(List<ControllerEvent> events, R reply) {}
