package dev.sampo.group.coordinator;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.protocol.Group;
import dev.sampo.actors.protocol.Group.JoinReply;
import dev.sampo.actors.protocol.Group.Leave;
import dev.sampo.actors.protocol.Group.LeavingMember;
import dev.sampo.actors.protocol.Group.SyncReply;
import dev.sampo.group.journal.GroupEvent;
import dev.sampo.group.journal.GroupEvent.GroupStored;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Clients that follow the protocol, join, leave, die and come back, while coordinators crash and time passes. */
final class GroupHistorySimulation {
    /** A client: one request at a time, as on one connection. */
    private static final class Client {
        final String instanceId;
        String memberId = "";
        int generationId = -1; // while it has an assignment
        int joinedGenerationId = -1; // of the sync under way
        JoinReply joined;
        long request = -1;
        boolean alive = true;

        Client(String instanceId) {
            this.instanceId = instanceId;
        }
    }

    private final GroupDriver group = new GroupDriver();
    private final List<Client> clients = new ArrayList<>();
    private final Map<String, String> ownerByGeneration = new HashMap<>(); // "generation" -> assignment handed out
    private int storedGeneration;
    private int storedSeen;
    private long asked;
    private int nextBox; // two clients with one instance id would fence each other for ever

    static IntStream seeds() {
        return IntStream.range(0, 300);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void historiesKeepTheInvariants(int seed) {
        var random = new Random(seed);
        for (int step = 0; step < 400; step++) {
            int what = random.nextInt(100);
            if (what < 5 && clients.size() < 8) {
                clients.add(new Client(random.nextInt(3) == 0 ? "box-" + nextBox++ : null));
            } else if (what < 7 && !clients.isEmpty()) {
                Client client = clients.get(random.nextInt(clients.size()));
                client.alive = !client.alive;
                if (client.alive && client.instanceId != null) {
                    client.memberId = ""; // a static member starts again
                    client.request = -1;
                }
            } else if (what < 9 && !clients.isEmpty()) {
                leave(clients.remove(random.nextInt(clients.size())));
            } else if (what < 11) {
                crash();
            } else if (what < 40) {
                group.pass(random.nextInt(4000));
            } else if (!clients.isEmpty()) {
                act(clients.get(random.nextInt(clients.size())));
            }
            check();
        }
        // Quiet: nobody comes, goes or dies, everybody follows the protocol.
        for (int round = 0; round < 400; round++) {
            clients.forEach(this::act);
            group.pass(1000);
            check();
        }
        List<Client> live = clients.stream().filter(client -> client.alive).toList();
        assertThat(group.stateName()).as("seed %d", seed).isEqualTo(live.isEmpty() ? group.stateName() : "Stable");
        assertThat(live).as("seed %d", seed).allSatisfy(client -> {
            assertThat(group.heartbeat(client.memberId, client.generationId)).isEqualTo(KafkaError.NONE);
            asked++;
        });
        assertThat(group.replies).hasSize((int) asked);
    }

    @Test
    void recoveredStateIsTheFoldOfWhatWasStored() {
        historiesKeepTheInvariants(4711);
        var facts = new HashMap<GroupEvent.Key, GroupEvent>();
        for (GroupEvent event : group.storedInOrder) {
            if (event.removes()) {
                facts.remove(event.key());
            } else {
                facts.put(event.key(), event);
            }
        }
        assertThat(facts).isEqualTo(group.stored);
        var before = group.call(new Group.Describe(GroupDriver.GROUP));
        group.crash();
        assertThat(group.call(new Group.Describe(GroupDriver.GROUP)))
                .usingRecursiveComparison().isEqualTo(before);
    }

    private void leave(Client client) {
        if (!client.memberId.isEmpty()) {
            asked++;
            group.call(new Leave(GroupDriver.GROUP, List.of(new LeavingMember(client.memberId, client.instanceId))));
        }
    }

    private void crash() {
        for (Client client : clients) {
            if (client.request >= 0 && !group.replies.containsKey(client.request)) {
                asked--; // its connection broke
                client.request = -1;
            }
        }
        long unanswered = asked - group.replies.size();
        asked -= unanswered; // of clients that died or left while they waited
        group.crash();
    }

    /** The client reads its answer, if any, and sends what the protocol wants next. */
    private void act(Client client) {
        if (!client.alive) {
            return;
        }
        if (client.request >= 0) {
            Group.Reply reply = group.replies.get(client.request);
            if (reply == null) {
                return;
            }
            client.request = -1;
            switch (reply) {
                case JoinReply join -> onJoin(client, join);
                case SyncReply sync -> onSync(client, sync);
                default -> throw new IllegalStateException("not asked for: " + reply);
            }
            return;
        }
        if (client.joined != null) {
            JoinReply joined = client.joined;
            client.joined = null;
            client.joinedGenerationId = joined.generationId();
            var assignments = new HashMap<String, byte[]>();
            int index = 0;
            for (var member : joined.members()) {
                assignments.put(member.memberId(), new byte[] {(byte) index++});
            }
            send(client, new Group.Sync(
                    GroupDriver.GROUP, joined.generationId(), client.memberId, client.instanceId,
                    joined.protocolType(), joined.protocolName(), joined.skipAssignment() ? Map.of() : assignments));
            return;
        }
        if (client.generationId >= 0) {
            asked++;
            KafkaError error = group.call(new Group.Heartbeat(
                    GroupDriver.GROUP, client.generationId, client.memberId, client.instanceId)).error();
            if (error == KafkaError.NONE) {
                return;
            }
            client.generationId = -1;
            forgetIfUnknown(client, error);
            return;
        }
        send(client, GroupDriver.joinRequest(client.memberId, client.instanceId, "t"));
    }

    private void send(Client client, Group.Request<?> request) {
        asked++;
        client.request = group.ask(request);
    }

    private void onJoin(Client client, JoinReply reply) {
        if (reply.error() == KafkaError.NONE) {
            client.memberId = reply.memberId();
            client.joined = reply;
        } else if (reply.error() == KafkaError.MEMBER_ID_REQUIRED) {
            client.memberId = reply.memberId();
        } else {
            forgetIfUnknown(client, reply.error());
        }
    }

    private void onSync(Client client, SyncReply reply) {
        if (reply.error() == KafkaError.NONE) {
            client.generationId = client.joinedGenerationId;
            if (reply.assignment().length > 0) {
                String owner = ownerByGeneration.putIfAbsent(
                        client.generationId + "/" + reply.assignment()[0], ownerName(client));
                assertThat(owner).as("second owner in generation %d", client.generationId)
                        .isIn(null, ownerName(client));
            }
        } else {
            forgetIfUnknown(client, reply.error());
        }
    }

    private static String ownerName(Client client) {
        return client.instanceId == null ? client.memberId : client.instanceId;
    }

    private static void forgetIfUnknown(Client client, KafkaError error) {
        if (error == KafkaError.UNKNOWN_MEMBER_ID || error == KafkaError.FENCED_INSTANCE_ID) {
            client.memberId = "";
        }
    }

    private void check() {
        for (; storedSeen < group.storedInOrder.size(); storedSeen++) {
            if (group.storedInOrder.get(storedSeen) instanceof GroupStored stored) {
                assertThat(stored.generationId()).isGreaterThanOrEqualTo(storedGeneration);
                storedGeneration = stored.generationId();
            } else if (group.storedInOrder.get(storedSeen) instanceof GroupEvent.GroupRemoved) {
                storedGeneration = 0;
                ownerByGeneration.clear();
            }
        }
    }
}
