package dev.sampo.group.lag;

import dev.sampo.group.journal.GroupEvent.OffsetCommitted;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * One look at some groups: what must be asked of the leaders of their partitions, each question once, and what they
 * answered. Pure.
 */
final class LagLook {
    /**
     * What a leader is asked of a partition: its end, and the timestamp of the first record at or behind an offset.
     *
     * @param offset -1 when the end alone is wanted
     */
    record Question(Uuid topicId, int partition, long offset) {}

    /**
     * Each is -1 when it is not known, or there is no such record.
     *
     * @param startOffset of the log
     * @param endOffset the high watermark
     */
    record Answer(long startOffset, long endOffset, long timestampMs) {
        static final Answer UNKNOWN = new Answer(-1, -1, -1);
    }

    /** Where a partition is led. */
    record Location(Uuid topicId, int brokerId) {}

    /** A committed offset and what is asked about it. */
    private record Place(OffsetCommitted committed, int question) {}

    /** What {@link LagState} makes a report of. {@code answeredMs} is -1 without an answer. */
    record Seen(OffsetCommitted committed, Answer answer, long answeredMs) {}

    private static final int NO_QUESTION = -1;

    private final Map<String, List<Place>> byGroup = new TreeMap<>();
    private final Map<Question, Integer> numbers = new LinkedHashMap<>();
    private final Map<Integer, List<Integer>> byBroker = new LinkedHashMap<>(); // to numbers of questions
    private final List<Question> questions = new ArrayList<>();
    private final List<Answer> answers = new ArrayList<>();
    private final List<Long> answeredMs = new ArrayList<>();

    /** {@code location} null: nobody can be asked. {@code askTimestamp} false when that of the offset is known already. */
    void add(String groupId, OffsetCommitted committed, @Nullable Location location, boolean askTimestamp) {
        int number = NO_QUESTION;
        if (location != null) {
            var question = new Question(
                    location.topicId(), committed.key().partition(), askTimestamp ? committed.offset() : -1);
            Integer known = numbers.get(question);
            if (known == null) {
                known = questions.size();
                numbers.put(question, known);
                questions.add(question);
                answers.add(Answer.UNKNOWN);
                answeredMs.add(-1L);
                byBroker.computeIfAbsent(location.brokerId(), id -> new ArrayList<>()).add(known);
            }
            number = known;
        }
        byGroup.computeIfAbsent(groupId, id -> new ArrayList<>()).add(new Place(committed, number));
    }

    /** A group that has committed nothing. */
    void add(String groupId) {
        byGroup.putIfAbsent(groupId, new ArrayList<>());
    }

    /** Broker id to the numbers of the questions that it must be asked. */
    Map<Integer, List<Integer>> byBroker() {
        return byBroker;
    }

    Question question(int number) {
        return questions.get(number);
    }

    void answered(int number, Answer answer, long nowMs) {
        answers.set(number, answer);
        answeredMs.set(number, nowMs);
    }

    /** By group, in order of names. */
    Map<String, List<Seen>> seen() {
        var seen = new TreeMap<String, List<Seen>>();
        byGroup.forEach((groupId, places) -> seen.put(groupId, places.stream()
                .map(place -> place.question() == NO_QUESTION
                        ? new Seen(place.committed(), Answer.UNKNOWN, -1)
                        : new Seen(place.committed(), answers.get(place.question()), answeredMs.get(place.question())))
                .toList()));
        return seen;
    }
}
