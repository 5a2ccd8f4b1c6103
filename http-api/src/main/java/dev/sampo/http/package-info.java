/** The HTTP server: routes, problems, the OpenAPI document. Knows no sockets of Kafka clients and no files. */
@org.jspecify.annotations.NullMarked
package dev.sampo.http;
