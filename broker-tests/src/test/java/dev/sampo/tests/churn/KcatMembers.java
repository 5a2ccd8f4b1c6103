package dev.sampo.tests.churn;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Processes of {@code kcat -G}, a member each. Their records are read from pipes, by threads that may be late: see {@link MemberKind#slackMs}. */
final class KcatMembers implements Members {
    private static final int STOP_LIMIT_SECONDS = 30;

    private static final class Member {
        private final Workload workload;
        private final Process process;
        private final Thread reader;
        private final List<Processed> processed = new ArrayList<>();
        private final List<String> errors = new ArrayList<>();
        private int rebalances;

        private Member(Workload workload, Process process) {
            this.workload = workload;
            this.process = process;
            this.reader = Thread.ofVirtual().start(this::read);
            Thread.ofVirtual().start(this::readRebalances);
        }

        /** Lines of partition, offset, key and value; the last one may be torn by a kill. */
        private void read() {
            try (BufferedReader lines = process.inputReader()) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    String[] words = line.split(" ", -1);
                    if (words.length == 5 && words[4].equals(".")) {
                        add(Integer.parseInt(words[0]), Long.parseLong(words[1]), words[2], words[3]);
                    }
                }
            } catch (IOException e) {
                synchronized (this) {
                    errors.add("reading kcat: " + e);
                }
            }
        }

        private synchronized void add(int partition, long offset, String key, String value) {
            if (!key.equals(workload.key(partition, offset)) || !value.equals(workload.value(offset))) {
                errors.add("offset " + offset + " of partition " + partition + " is " + key + "=" + value);
            }
            long now = System.currentTimeMillis();
            Processed last = processed.isEmpty() ? null : processed.getLast();
            if (last != null && last.partition() == partition && last.to() + 1 == offset && last.atMs() == now) {
                processed.removeLast();
                processed.add(new Processed(partition, last.from(), offset, now));
            } else {
                processed.add(new Processed(partition, offset, offset, now));
            }
        }

        private void readRebalances() {
            try (BufferedReader lines = process.errorReader()) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    synchronized (this) {
                        rebalances += line.contains("rebalanced") ? 1 : 0;
                    }
                }
            } catch (IOException e) {
                // it was killed
            }
        }

        private void awaitEnd() {
            try {
                if (!process.waitFor(STOP_LIMIT_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError("kcat did not leave within " + STOP_LIMIT_SECONDS + " s");
                }
                reader.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    private final List<Member> members = new ArrayList<>();

    private KcatMembers() {}

    static KcatMembers start(Membership membership, List<String> command) {
        var all = new KcatMembers();
        for (int i = 0; i < membership.members(); i++) {
            try {
                Process process = new ProcessBuilder(command).start();
                Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
                all.members.add(new Member(membership.workload(), process));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return all;
    }

    /** Killed as well: a kcat that is told to end may commit a record that it does not print any more. */
    @Override
    public void leave() {
        kill();
    }

    @Override
    public void kill() {
        members.forEach(member -> member.process.toHandle().destroyForcibly()); // Process.destroy closes the pipe with what is in it
        members.forEach(Member::awaitEnd);
    }

    @Override
    public List<Processed> processed() {
        return members.stream().flatMap(member -> {
            synchronized (member) {
                return List.copyOf(member.processed).stream();
            }
        }).toList();
    }

    @Override
    public List<String> errors() {
        return members.stream().flatMap(member -> {
            synchronized (member) {
                return List.copyOf(member.errors).stream();
            }
        }).toList();
    }

    @Override
    public int rebalances() {
        return members.stream().mapToInt(member -> {
            synchronized (member) {
                return member.rebalances;
            }
        }).sum();
    }
}
