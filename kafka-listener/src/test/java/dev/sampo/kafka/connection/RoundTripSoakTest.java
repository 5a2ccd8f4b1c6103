package dev.sampo.kafka.connection;

import dev.sampo.kafka.connection.ListenerFixture.Client;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Measures round trips of a trivial handler over loopback: prints requests/s and CPU of the loops for each request. */
@Tag("soak")
class RoundTripSoakTest {
    @ParameterizedTest
    @CsvSource({"1, 1", "1, 2", "32, 1", "32, 2"})
    void smallRequestsAreAnsweredQuickly(int connections, int loops) throws Exception {
        // Given
        try (var fixture = ListenerFixture.start(
                "sampo.loop.count = " + loops,
                ListenerFixture.handler(ApiKeys.HEARTBEAT, true, e -> e.respond(new HeartbeatResponseData())))) {
            List<Client> clients = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                clients.add(fixture.connect());
            }
            byte[] request = ListenerFixture.frame(ApiKeys.HEARTBEAT, 4, 1, new HeartbeatRequestData()
                    .setGroupId("a-consumer-group").setMemberId("member-3f1e2c5a-0000-4000-8000-0123456789ab"));
            run(clients, request, 60_000);

            // When
            int requests = 120_000;
            long cpu = loopCpuNanos();
            long start = System.nanoTime();
            long[] roundNanos = run(clients, request, requests);
            double seconds = (System.nanoTime() - start) / 1e9;
            double cpuMicros = (loopCpuNanos() - cpu) / 1e3 / requests;

            // Then
            Arrays.sort(roundNanos);
            System.out.printf(
                    "%d connections, %d loops: %.0f requests/s, %.1f us loop CPU each, round p50 %.0f us, p99 %.0f us%n",
                    connections, loops, requests / seconds, cpuMicros, roundNanos[roundNanos.length / 2] / 1e3,
                    roundNanos[(int) (roundNanos.length * 0.99)] / 1e3);
            assertThat(requests / seconds).isGreaterThan(1_000);
        }
    }

    private static long[] run(List<Client> clients, byte[] request, int requests) throws Exception {
        long[] nanos = new long[requests / clients.size()];
        byte[] response = new byte[64];
        for (int i = 0; i < nanos.length; i++) {
            long start = System.nanoTime();
            for (Client client : clients) {
                client.socket().getOutputStream().write(request);
            }
            for (Client client : clients) {
                int size = client.in().readInt();
                client.in().readFully(response, 0, size);
            }
            nanos[i] = System.nanoTime() - start;
        }
        return nanos;
    }

    private static long loopCpuNanos() {
        var threads = ManagementFactory.getThreadMXBean();
        long sum = 0;
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith("listener-loop-")) {
                sum += threads.getThreadCpuTime(thread.threadId());
            }
        }
        return sum;
    }
}
