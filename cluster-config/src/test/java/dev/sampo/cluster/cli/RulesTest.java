package dev.sampo.cluster.cli;

import dev.sampo.cluster.cli.Health.Disk;
import dev.sampo.cluster.cli.Health.Partition;
import dev.sampo.cluster.cli.Health.Picture;
import dev.sampo.cluster.cli.Health.Problem;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Rules of the command line that need nothing around them. */
final class RulesTest {
    private static final long NOW = 1_000_000_000L;

    @Test
    void healthNamesWhatIsWrongTheWorstFirstWithCauseAndRemedy() {
        var picture = new Picture(
                List.of(1, 2), 1,
                List.of(
                        new Partition("good", 0, 1, List.of(1, 2), List.of(1, 2), 1),
                        new Partition("thin", 0, 1, List.of(1, 3), List.of(1), 1),
                        new Partition("slow", 1, 1, List.of(1, 2), List.of(1), 1),
                        new Partition("few", 0, 1, List.of(1, 3), List.of(1), 2),
                        new Partition("gone", 0, null, List.of(3), List.of(3), 1),
                        new Partition("torn", 0, null, List.of(2), List.of(2), 1)),
                List.of(
                        new Disk(1, "/a", null, 1000, 500), new Disk(1, "/b", null, 1000, 50),
                        new Disk(2, "/c", null, 1000, 10), new Disk(2, "/d", "input/output error", -1, -1)));
        List<Problem> problems = Health.problems(picture);
        assertThat(problems.stream().map(each -> each.severity() + " " + each.problem() + " " + each.subject())).containsExactly(
                "error disk nearly full broker 2 /c", "error log folder offline broker 2 /d",
                "error too few in-sync replicas few:0", "error partition offline gone:0", "error partition offline torn:0",
                "warning disk nearly full broker 1 /b", "warning under-replicated thin:0", "warning under-replicated slow:1");
        assertThat(problems.get(3).why()).isEqualTo("not in the cluster: broker 3");
        assertThat(problems.get(3).remedy()).contains("start broker 3");
        assertThat(problems.get(4).remedy()).contains("log of broker 2");
        assertThat(problems.get(7).why()).isEqualTo("broker 2 has not caught up");
        assertThat(Health.problems(new Picture(List.of(1), null, List.of(), List.of()))).hasSize(1);
        assertThat(Health.problems(new Picture(List.of(1), 1, List.of(), List.of()))).isEmpty();
    }

    @Test
    void positionsAreReadInEveryForm() {
        assertThat(position("start")).isEqualTo(new Position.Start());
        assertThat(position("latest")).isEqualTo(new Position.End());
        assertThat(position("42")).isEqualTo(new Position.At(42));
        assertThat(position("-42")).isEqualTo(new Position.BeforeEnd(42));
        assertThat(position("-5m")).isEqualTo(new Position.Time(NOW - 300_000));
        assertThat(position("@-5m")).isEqualTo(new Position.Time(NOW - 300_000));
        assertThat(position("@1700000000000")).isEqualTo(new Position.Time(1_700_000_000_000L));
        assertThat(position("@1970-01-02")).isEqualTo(new Position.Time(86_400_000));
        assertThat(position("@1970-01-02T00:00:01Z")).isEqualTo(new Position.Time(86_401_000));
        for (String bad : List.of("", "soon", "@", "@soon", "-", "-5y", "5m", "99999999999999999999")) {
            assertThatThrownBy(() -> position(bad)).isInstanceOf(CliException.class).hasMessageContaining("--to " + bad);
        }
    }

    private static Position position(String text) {
        return Position.parse("--to", text, NOW);
    }

    @Test
    void recordsAreCutWhereTheFormatSays() throws IOException {
        var reader = new RecordReader(new ByteArrayInputStream("<k>v,1;<>,2;<x>y,3".getBytes(UTF_8)), "<%k>%v,%p;");
        RecordReader.Input first = reader.next();
        assertThat(first).isNotNull();
        assertThat(first.key()).isEqualTo("k".getBytes(UTF_8));
        assertThat(first.value()).isEqualTo("v".getBytes(UTF_8));
        assertThat(first.partition()).isEqualTo(1);
        assertThat(reader.next()).isNotNull();
        RecordReader.Input last = reader.next();
        assertThat(last).isNotNull();
        assertThat(last.partition()).isEqualTo(3);
        assertThat(reader.next()).isNull();
        var binary = new RecordReader(new ByteArrayInputStream(new byte[] {1, 10, 2, 0, 3, 0}), "%v\\0");
        assertThat(binary.next()).satisfies(input -> assertThat(input.value()).containsExactly(1, 10, 2));
    }

    @Test
    void progressTellsShareRateAndTimeLeft() {
        long mib = 1024 * 1024;
        assertThat(Progress.line("verifying", 25 * mib, 100 * mib, Duration.ofSeconds(5).toNanos(), true))
                .isEqualTo("verifying [#######.......................]  25 %  25.0 of 100.0 MiB  5.0 MiB/s  15 s left");
        assertThat(Progress.line("verifying", 0, 0, 0, false)).isEqualTo("verifying 100 %  0.0 of 0.0 MiB  0.0 MiB/s  ?");
    }

    @Test
    void namesThatMoveTheCursorAreShownHarmless() {
        assertThat(Table.printable("a\033[2Jb")).isEqualTo("a\\x1b[2Jb");
    }
}
