package dev.sampo.tests.oracle;

/**
 * All requests, in the order they are sent: each API that Sampo serves in each version, with good and bad arguments. Later parts
 * use what earlier parts made. Names are {@code api.vNN.case} and never change, since recordings and listed differences use them.
 */
final class Catalogue {
    private Catalogue() {}

    static void run(OracleRun run) {
        var topics = new Topics(run);
        new ClusterRequests(run).run();
        new TopicRequests(run, topics).run();
        new ProduceRequests(run, topics).run();
        new FetchRequests(run, topics).run();
        new OffsetRequests(run, topics).run();
        new ConfigRequests(run, topics).run();
        new GroupRequests(run, topics).run();
        new GroupOffsetRequests(run, topics).run();
        new ConsumerGroupRequests(run, topics).run();
        new MetadataRequests(run, topics).run();
        new MalformedRequests(run).run();
    }

    /** {@code api.vNN.case}. */
    static String name(String api, int version, String what) {
        return "%s.v%02d.%s".formatted(api, version, what);
    }
}
