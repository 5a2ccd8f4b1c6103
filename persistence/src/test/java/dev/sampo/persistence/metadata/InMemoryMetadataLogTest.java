package dev.sampo.persistence.metadata;

class InMemoryMetadataLogTest extends MetadataLogContract {
    @Override
    MetadataLog open() {
        return new InMemoryMetadataLog();
    }
}
