package dev.sampo.tests.churn;

import dev.sampo.tests.broker.Await;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.GroupState;

/** One group that reads one topic, while its members come and go. */
final class ChurnRun implements AutoCloseable {
    private static final Duration WHOLE_LIMIT = Duration.ofSeconds(90);
    private static final Duration READ_LIMIT = Duration.ofSeconds(90);

    private final String bootstrap;
    private final String group;
    private final Workload workload;
    private final Path folder;
    private final Admin admin;
    private final Map<Integer, Members> running = new TreeMap<>();
    private final List<Members> all = new ArrayList<>();
    private final List<String> figures = new ArrayList<>();

    private ChurnRun(String bootstrap, String group, Workload workload, Path folder) {
        this.bootstrap = bootstrap;
        this.group = group;
        this.workload = workload;
        this.folder = folder;
        this.admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
    }

    /** Makes the topic. */
    static ChurnRun begin(String bootstrap, String group, Workload workload, Path folder) throws Exception {
        var run = new ChurnRun(bootstrap, group, workload, folder);
        run.admin.createTopics(List.of(new NewTopic(workload.topic(), workload.partitions(), (short) 1))).all().get(30, TimeUnit.SECONDS);
        return run;
    }

    /** Starts members under a number of the caller's. */
    Members start(int number, MemberKind kind, int members, Optional<String> instance) {
        Members started = kind.start(new Membership(bootstrap, group, workload, members, folder.resolve(number + "-" + all.size()), instance));
        running.put(number, started);
        all.add(started);
        return started;
    }

    Members running(int number) {
        Members members = running.get(number);
        if (members == null) {
            throw new IllegalArgumentException("no process " + number);
        }
        return members;
    }

    void leave(int number) {
        running(number).leave();
        running.remove(number);
    }

    void kill(int number) {
        running(number).kill();
        running.remove(number);
    }

    /** Each member of the group is there and all of them have what the group decided. */
    void awaitWhole(int members) {
        long begin = System.nanoTime();
        Await.until(members + " members are stable", WHOLE_LIMIT, () -> {
            Optional<ConsumerGroupDescription> now = described();
            return now.isPresent() && now.get().groupState() == GroupState.STABLE && now.get().members().size() == members;
        }, () -> described().map(now -> now.groupState() + ", members " + now.members().size()).orElse("no description") + "; " + errors());
        figures.add(members + " members stable after " + (System.nanoTime() - begin) / 1_000_000 + " ms");
    }

    private Optional<ConsumerGroupDescription> described() {
        try {
            return Optional.of(admin.describeConsumerGroups(List.of(group)).describedGroups().get(group).get(10, TimeUnit.SECONDS));
        } catch (ExecutionException | TimeoutException notYet) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** All that there is has been committed. */
    void awaitRead() {
        Await.until("all is committed", READ_LIMIT, () -> committed() == workload.total(), () -> committed() + " of " + workload.total());
    }

    long committed() {
        try {
            return admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get(10, TimeUnit.SECONDS).values().stream()
                    .mapToLong(offset -> offset.offset()).sum();
        } catch (ExecutionException | TimeoutException notNow) {
            return -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private List<String> errors() {
        return all.stream().flatMap(members -> members.errors().stream()).toList();
    }

    /** Ends all members and judges. @return figures for a person to read */
    String judge(long slackMs) {
        List.copyOf(running.keySet()).forEach(this::leave);
        var ends = new long[workload.partitions()];
        Arrays.fill(ends, workload.records());
        List<Processed> processed = all.stream().flatMap(members -> members.processed().stream()).toList();
        ProcessedCheck.Result result = ProcessedCheck.check(processed, ends, slackMs);
        var wrong = new ArrayList<>(result.violations());
        wrong.addAll(errors());
        figures.add(result.records() + " records processed, " + result.duplicates() + " of them once more");
        figures.add(all.stream().mapToInt(Members::rebalances).sum() + " times a member was told of partitions");
        if (!wrong.isEmpty()) {
            throw new AssertionError(group + ": " + String.join("\n", wrong) + "\n" + figures);
        }
        return group + ": " + String.join("; ", figures);
    }

    @Override
    public void close() {
        running.values().forEach(Members::kill);
        try {
            admin.deleteTopics(List.of(workload.topic())).all().get(30, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException gone) {
            // the broker's folder goes anyway
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            admin.close(Duration.ofSeconds(5));
        }
    }
}
