package dev.sampo.kafka.handler;

import org.apache.kafka.common.acl.AclOperation;

/**
 * The bit fields of operations that a client may do. There is no authorizer yet, so it may do all that exist for the
 * resource; bit n stands for the operation with code n.
 *
 * @see "KIP-430"
 */
public final class AuthorizedOperations {
    /** The client did not ask. */
    public static final int NOT_ASKED = Integer.MIN_VALUE;
    /** All operations on a topic. */
    public static final int TOPIC = bits(
            AclOperation.READ, AclOperation.WRITE, AclOperation.CREATE, AclOperation.DESCRIBE, AclOperation.DELETE,
            AclOperation.ALTER, AclOperation.DESCRIBE_CONFIGS, AclOperation.ALTER_CONFIGS);
    /** All operations on the cluster. */
    public static final int CLUSTER = bits(
            AclOperation.CREATE, AclOperation.CLUSTER_ACTION, AclOperation.DESCRIBE_CONFIGS,
            AclOperation.ALTER_CONFIGS, AclOperation.IDEMPOTENT_WRITE, AclOperation.ALTER, AclOperation.DESCRIBE);

    private AuthorizedOperations() {}

    private static int bits(AclOperation... operations) {
        int bits = 0;
        for (AclOperation operation : operations) {
            bits |= 1 << operation.code();
        }
        return bits;
    }
}
