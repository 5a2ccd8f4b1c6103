package dev.sampo.http.route;

import java.time.Duration;

/** What one request may be. */
public record HttpLimits(int maxBodyBytes, Duration bodyTimeout) {}
