package dev.sampo.cluster;

import dev.sampo.persistence.log.RealLogFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

class DataFolderTest {
    @TempDir
    Path folder;

    private DataFolder open() {
        return DataFolder.open(folder, 1, null, "the cluster", new RealLogFiles());
    }

    @Test
    void anEmptyFolderGetsTheIdThatItIsGivenAndKeepsIt() throws Exception {
        try (DataFolder first = open()) {
            assertThat(first.clusterId()).isEqualTo("the cluster");
        }
        try (DataFolder again = DataFolder.open(folder, 1, null, "another", new RealLogFiles())) {
            assertThat(again.clusterId()).isEqualTo("the cluster");
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aProcessThatWasKilledHasLostNothingAndAMachineThatWentDownPerhaps() throws Exception {
        try (DataFolder first = open()) {
            assertThat(first.lostTail()).isFalse();
            first.writeBootId();
        }
        try (DataFolder killed = open()) {
            assertThat(killed.closedCleanly()).isFalse();
            assertThat(killed.lostTail()).isFalse();
        }
        Files.writeString(folder.resolve("boot-id"), "another boot\n");
        try (DataFolder rebooted = open()) {
            assertThat(rebooted.lostTail()).isTrue();
        }
        try (DataFolder notToldYet = open()) {
            assertThat(notToldYet.lostTail()).isTrue();
            notToldYet.markClean();
        }
        try (DataFolder stopped = open()) {
            assertThat(stopped.lostTail()).isFalse();
        }
    }

    @Test
    void whatIsNotKnownOfTheBootCountsAsLost() throws Exception {
        open().close();
        try (DataFolder unknown = open()) {
            assertThat(unknown.lostTail()).isTrue();
        }
    }
}
