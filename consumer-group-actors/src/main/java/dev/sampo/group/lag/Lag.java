package dev.sampo.group.lag;

import dev.sampo.actors.model.KafkaError;
import dev.sampo.actors.serialization.SampoMessage;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** What the lag of groups is asked for, within a broker and between those of a cluster. */
interface Lag {
    /** To the actor of one broker. */
    sealed interface Command permits Ask, Answers, Query, ShowHistory, Internal {}

    /** The actor's private messages. */
    non-sealed interface Internal extends Command {}

    /** Asks a broker about partitions that it leads; at most {@link LagActor#MOST_QUESTIONS}. */
    record Ask(long askId, List<LagLook.Question> questions, ActorRef<? super Answers> replyTo)
            implements Command, SampoMessage {}

    /** In the order of the questions. */
    record Answers(long askId, List<LagLook.Answer> answers) implements Command, SampoMessage {}

    /** About a group, to any broker; its coordinator answers. */
    sealed interface Query extends Command, SampoMessage permits Show, ShowRebalances {
        String groupId();

        /** By a broker that does not coordinate the group: who does not either says so. */
        boolean forwarded();

        /** The same, {@link #forwarded}. */
        Query forward();

        /** Answers with an error. */
        void refuse(KafkaError error);
    }

    /** The group as it is now. */
    record Show(String groupId, boolean forwarded, ActorRef<GroupLag.Shown> replyTo) implements Query {
        @Override
        public Show forward() {
            return new Show(groupId, true, replyTo);
        }

        @Override
        public void refuse(KafkaError error) {
            replyTo.tell(new GroupLag.Shown(error, null));
        }
    }

    /** Its last rebalances. */
    record ShowRebalances(String groupId, boolean forwarded, ActorRef<GroupLag.Rebalances> replyTo) implements Query {
        @Override
        public ShowRebalances forward() {
            return new ShowRebalances(groupId, true, replyTo);
        }

        @Override
        public void refuse(KafkaError error) {
            replyTo.tell(new GroupLag.Rebalances(error, null));
        }
    }

    /** What a broker has kept of a group, whether it coordinates it now or did so before; see {@link LagState#history}. */
    record ShowHistory(
            String groupId, @Nullable String topic, int partition, long fromMs, long toMs, long everyMs,
            ActorRef<Kept> replyTo)
            implements Command, SampoMessage {}

    /** In order of time. */
    record Kept(List<LagPoint> points) implements SampoMessage {}
}
