package dev.sampo.group.coordinator;

import dev.sampo.actors.protocol.Group;
import dev.sampo.group.consumer.Topics;
import dev.sampo.group.journal.GroupEvent;
import java.util.List;
import java.util.Set;

/** What the shell does next. Performed in list order; each assumes the ones before it succeeded. */
public sealed interface GroupEffect {
    /** Write these facts, all or none; nothing that follows happens before they are on all in-sync replicas. */
    record Persist(List<GroupEvent> events) implements GroupEffect {}

    /** Answer a request, for the first and only time. */
    record Reply(long requestId, Group.Reply reply) implements GroupEffect {}

    /** Tell the members on these nodes of the cluster that the group rebalances, instead of at their next heartbeat. */
    record Call(Set<String> nodes) implements GroupEffect {}

    /** Find the topics of these regular expressions, which compile, elsewhere; see {@link GroupState#onResolved}. */
    record Resolve(Set<String> regexes, Topics topics) implements GroupEffect {}
}
