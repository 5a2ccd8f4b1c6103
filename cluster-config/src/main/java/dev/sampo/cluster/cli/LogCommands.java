package dev.sampo.cluster.cli;

import dev.sampo.persistence.log.SegmentInspection;
import dev.sampo.persistence.record.RecordBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code log dump} and {@code log verify}: segment files of Sampo or Kafka, read without a broker. */
final class LogCommands {
    private static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");

    private LogCommands() {}

    /** What both have. */
    abstract static class FileCommand implements Callable<Integer> {
        final Terminal terminal;

        @Parameters(arity = "1", paramLabel = "FILE|DIR", description = "A .log file, or a folder with such files in it or below.")
        private Path path = Path.of("");

        @Mixin
        final Output output = new Output();

        @Option(names = {"-h", "--help"}, usageHelp = true, order = 99, description = "Show this help.")
        @SuppressWarnings("UnusedVariable") // picocli acts on it
        private boolean help;

        FileCommand(Terminal terminal) {
            this.terminal = terminal;
        }

        abstract int run(List<Path> files) throws IOException;

        @Override
        public Integer call() {
            if (!Files.exists(path)) {
                throw CliException.notFound(path + " is not there", "a .log file or a broker's data folder");
            }
            try {
                List<Path> files = SegmentInspection.logFiles(path);
                if (files.isEmpty()) {
                    throw CliException.notFound("no log files in " + path, "the folder that log.dirs names, or one below it");
                }
                return run(files);
            } catch (NoSuchFileException e) {
                throw CliException.notFound(e.getFile() + " went away while it was read", "once more");
            } catch (IOException e) {
                throw CliException.failed(path + " cannot be read: " + e.getMessage());
            }
        }
    }

    /** {@code log dump}. */
    @Command(name = "dump", description = "Batches of log files, with --records also what is in them.")
    static final class Dump extends FileCommand {
        @Option(names = "--records", description = "Decode the records too.")
        private boolean withRecords;

        private boolean first = true;

        Dump(Terminal terminal) {
            super(terminal);
        }

        /** Keys and values as text where they are UTF-8, else in base 64 after "base64:". */
        record Entry(long offset, long timestampMs, @Nullable String key, @Nullable String value, int headers) {}

        /** {@code entries} is null without {@code --records}; {@code lastOffset} is inclusive. */
        record Batch(
                String file, long position, int bytes, long baseOffset, long lastOffset, int records, String compression,
                long maxTimestampMs, int leaderEpoch, long producerId, int producerEpoch, int baseSequence,
                boolean transactional, boolean control, boolean crcValid, @Nullable List<Entry> entries) {}

        @Override
        int run(List<Path> files) throws IOException {
            boolean isArray = output.format() == Output.Format.json && !output.quiet();
            terminal.out().print(isArray ? "[" : "");
            CliException damage = null;
            for (Path file : files) {
                SegmentInspection.Problem end = SegmentInspection.visit(file, (position, batch) -> print(row(file, position, batch)));
                if (end != null) {
                    damage = new CliException(
                            ExitCode.FAILED, null, file + " cannot be read from byte " + end.position() + " on", end.what(),
                            "sampo log verify " + file);
                }
            }
            terminal.out().print(isArray ? "\n]\n" : "");
            terminal.out().flush();
            if (damage != null) {
                throw damage;
            }
            return ExitCode.OK;
        }

        private Batch row(Path file, long position, RecordBatch batch) {
            List<Entry> entries = withRecords && batch.isCrcValid()
                    ? SegmentInspection.records(batch).stream()
                            .map(each -> new Entry(
                                    each.offset(), each.timestampMs(), text(each.key()), text(each.value()), each.headers()))
                            .toList()
                    : null;
            int codec = batch.compressionCodec();
            return new Batch(
                    file.toString(), position, batch.sizeInBytes(), batch.baseOffset(), batch.lastOffset(),
                    batch.recordCount(), codec < CODECS.size() ? CODECS.get(codec) : "unknown " + codec, batch.maxTimestamp(),
                    batch.partitionLeaderEpoch(), batch.producerId(), batch.producerEpoch(), batch.baseSequence(),
                    batch.isTransactional(), batch.isControl(), batch.isCrcValid(), entries);
        }

        private void print(Batch row) {
            if (output.quiet()) {
                terminal.out().print(row.baseOffset() + "\n");
                return;
            }
            switch (output.format()) {
                case ndjson -> Json.line(terminal.out(), row);
                case json -> {
                    terminal.out().print(first ? "\n" : ",\n");
                    Json.element(terminal.out(), row);
                    first = false;
                }
                case table -> table(row);
            }
        }

        private void table(Batch row) {
            terminal.out().print(row.file() + " byte " + row.position() + ": offsets " + row.baseOffset() + " to "
                    + row.lastOffset() + ", " + row.records() + " records, " + row.bytes() + " bytes, " + row.compression()
                    + ", epoch " + row.leaderEpoch() + (row.producerId() < 0 ? "" : ", producer " + row.producerId() + "/"
                            + row.producerEpoch() + " from sequence " + row.baseSequence())
                    + (row.transactional() ? ", transactional" : "") + (row.control() ? ", control" : "")
                    + (row.crcValid() ? "" : ", WRONG CHECKSUM") + "\n");
            List<Entry> entries = row.entries();
            for (Entry each : entries == null ? List.<Entry>of() : entries) {
                terminal.out().print("  " + each.offset() + " @" + each.timestampMs() + " key="
                        + (each.key() == null ? "-" : Table.printable(each.key())) + " value="
                        + (each.value() == null ? "-" : Table.printable(each.value())) + "\n");
            }
        }

        private static @Nullable String text(byte @Nullable [] bytes) {
            if (bytes == null) {
                return null;
            }
            return ConsumeRun.isText(bytes)
                    ? new String(bytes, java.nio.charset.StandardCharsets.UTF_8)
                    : "base64:" + Base64.getEncoder().encodeToString(bytes);
        }
    }

    /** {@code log verify}. */
    @Command(name = "verify", description = {
        "Check every byte of log files: checksums, offsets, records, indexes. Exit code 1 when something is damaged.",
        "The last batch of a log that a broker has open may look torn."})
    static final class Verify extends FileCommand {
        Verify(Terminal terminal) {
            super(terminal);
        }

        /** One file; {@code problems} as "file byte N: what". */
        record Checked(
                String file, boolean ok, long bytes, int batches, long records, long firstOffset, long lastOffset,
                List<String> problems) {}

        @Override
        int run(List<Path> files) throws IOException {
            long total = 0;
            for (Path file : files) {
                total += Files.size(file);
            }
            var rows = new ArrayList<Checked>();
            try (var progress = new Progress(terminal, "verifying", total)) {
                for (Path file : files) {
                    rows.add(row(SegmentInspection.verify(file, progress::add)));
                }
            }
            List<Checked> shown = output.quiet() ? rows.stream().filter(row -> !row.ok()).toList() : rows; // names of what is damaged
            output.rows(terminal, shown, Checked::file, () -> {
                Table.print(terminal.out(), rows.stream().map(Verify::withoutProblems).toList(), terminal.mayColor());
                rows.forEach(row -> row.problems().forEach(problem -> terminal.out().print("damaged: " + problem + "\n")));
            });
            return rows.stream().allMatch(Checked::ok) ? ExitCode.OK : ExitCode.FAILED;
        }

        private static Checked withoutProblems(Checked row) {
            return new Checked(
                    row.file(), row.ok(), row.bytes(), row.batches(), row.records(), row.firstOffset(), row.lastOffset(),
                    List.of());
        }

        private static Checked row(SegmentInspection.Summary summary) {
            return new Checked(
                    summary.file().toString(), summary.problems().isEmpty(), summary.bytes(), summary.batches(),
                    summary.records(), summary.firstOffset(), summary.lastOffset(),
                    summary.problems().stream()
                            .map(problem -> problem.file() + " byte " + problem.position() + ": " + problem.what())
                            .collect(Collectors.toList()));
        }
    }
}
