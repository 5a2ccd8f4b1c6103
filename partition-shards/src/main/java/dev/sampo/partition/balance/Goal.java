package dev.sampo.partition.balance;

/** One of the goals of a {@link BalancePlan}. */
interface Goal {
    /** Brings the layout one step nearer, at no cost to an earlier goal; false when there is no such step. */
    boolean step(Layout layout);
}
