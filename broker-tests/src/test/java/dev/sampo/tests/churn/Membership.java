package dev.sampo.tests.churn;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What the members of one process read, and for which group.
 *
 * @param members how many of them
 * @param folder of the process's own
 * @param instance for static members: what their instance ids begin with
 */
record Membership(String bootstrap, String group, Workload workload, int members, Path folder, Optional<String> instance) {
    Path log() {
        return folder.resolve("members.log");
    }
}
