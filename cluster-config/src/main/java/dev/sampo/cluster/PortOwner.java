package dev.sampo.cluster;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Who listens on a TCP port of this machine, as far as Linux lets this user see; elsewhere nobody is found. */
final class PortOwner {
    private static final String LISTEN = "0A";

    private PortOwner() {}

    /** For example {@code process 4711 (/usr/bin/java)}, empty when it cannot be told. */
    static Optional<String> find(int port) {
        for (Path table : List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"))) {
            for (String socket : listeningSockets(table, port)) {
                Optional<String> owner = ownerOf("socket:[" + socket + "]");
                if (owner.isPresent()) {
                    return owner;
                }
            }
        }
        return Optional.empty();
    }

    /** Inodes of the sockets that listen on the port: column 2 is address:port in hex, 4 the state, 10 the inode. */
    private static List<String> listeningSockets(Path table, int port) {
        var inodes = new ArrayList<String>();
        try {
            for (String line : Files.readAllLines(table)) {
                String[] columns = line.strip().split("\\s+", -1);
                if (columns.length > 9
                        && columns[3].equals(LISTEN)
                        && columns[1].endsWith(String.format(":%04X", port))) {
                    inodes.add(columns[9]);
                }
            }
        } catch (IOException e) {
            return List.of(); // not Linux: the message goes without a name
        }
        return inodes;
    }

    private static Optional<String> ownerOf(String socketLink) {
        return ProcessHandle.allProcesses()
                .filter(process -> holds(process.pid(), socketLink))
                .findFirst()
                .map(process -> "process " + process.pid()
                        + process.info().command().map(command -> " (" + command + ")").orElse(""));
    }

    private static boolean holds(long pid, String socketLink) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
            for (Path descriptor : descriptors) {
                if (Files.isSymbolicLink(descriptor)
                        && Files.readSymbolicLink(descriptor).toString().equals(socketLink)) {
                    return true;
                }
            }
        } catch (IOException e) {
            return false; // another user's process, or it has just ended
        }
        return false;
    }
}
