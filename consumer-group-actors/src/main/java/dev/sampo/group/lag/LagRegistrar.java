package dev.sampo.group.lag;

import dev.sampo.actors.serialization.KryoRegistrar;
import dev.sampo.actors.serialization.KryoRegistrations;

/** Class ids of what this room sends to other nodes, 400 to 599; an id is never used again. */
public final class LagRegistrar implements KryoRegistrar {
    /** Made by its name in the configuration. */
    public LagRegistrar() {}

    @Override
    public void register(KryoRegistrations registrations) {
        registrations
                .addRecord(400, Lag.Ask.class)
                .addRecord(401, Lag.Answers.class)
                .addRecord(402, LagLook.Question.class)
                .addRecord(403, LagLook.Answer.class)
                .addRecord(404, Lag.Show.class)
                .addRecord(405, GroupLag.Shown.class)
                .addRecord(406, GroupReport.class)
                .addRecord(407, PartitionReport.class)
                .addEnum(408, LagStatus.class, LagStatus::code)
                .addRecord(409, Lag.ShowHistory.class)
                .addRecord(410, Lag.Kept.class)
                .addRecord(411, LagPoint.class)
                .addRecord(412, Lag.ShowRebalances.class)
                .addRecord(413, GroupLag.Rebalances.class)
                .addRecord(414, Rebalance.class)
                .addRecord(415, Rebalance.Cause.class)
                .addEnum(416, Rebalance.Reason.class, Rebalance.Reason::code);
    }
}
