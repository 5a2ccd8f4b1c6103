package dev.sampo.kafka.local;

/** As many requests as are allowed run already; nothing was done, try again later. */
public final class BusyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BusyException(int maxRequests) {
        super("all " + maxRequests + " places for requests are taken");
    }
}
