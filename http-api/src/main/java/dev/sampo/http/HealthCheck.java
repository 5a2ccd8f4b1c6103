package dev.sampo.http;

import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One thing that must hold for the broker to be ready.
 *
 * @param check completes with null when it holds, else with the reason why not, for people
 */
public record HealthCheck(String name, Supplier<CompletionStage<@Nullable String>> check) {}
