package dev.sampo.http.route;

import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.http.ParsingErrorHandler;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.ErrorInfo;
import org.apache.pekko.http.scaladsl.model.StatusCode;
import org.apache.pekko.http.scaladsl.settings.ServerSettings;

/** The answer to bytes that are no HTTP request: a problem like every other, and always the client's. Made by the library by name. */
public final class UnreadableRequests extends ParsingErrorHandler {
    private static final int FIRST_SERVER_ERROR = 500;
    private static final int NOT_IMPLEMENTED = 501;

    @Override
    public HttpResponse handle(StatusCode status, ErrorInfo error, LoggingAdapter log, ServerSettings settings) {
        int code = status.intValue() == NOT_IMPLEMENTED
                ? 405
                : status.intValue() >= FIRST_SERVER_ERROR ? 400 : status.intValue();
        return Answers.problem(Problem.of(code, "unreadable-request", "The request cannot be read", error.summary()))
                .addHeader(org.apache.pekko.http.javadsl.model.headers.CacheControl.create(
                        org.apache.pekko.http.javadsl.model.headers.CacheDirectives.NO_STORE));
    }
}
