/** What a broker measures, read as dashboards read it, after exact work of real clients. */
@org.jspecify.annotations.NullMarked
package dev.sampo.tests.metrics;
