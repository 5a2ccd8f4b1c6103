package dev.sampo.tests.churn;

/** A client and how it is set up. */
interface MemberKind {
    /** How far apart the times of two members may be. */
    default long slackMs() {
        return 0;
    }

    /** Starts them; does not wait until they are in the group. */
    Members start(Membership membership);
}
