package dev.sampo.http.route;

import java.util.List;

/**
 * A parameter of a path, a query or a header.
 *
 * @param type of JSON schema: string, integer, boolean
 * @param values all that is allowed; empty for no such list
 */
public record Param(String name, Place place, String type, boolean required, String description, List<String> values) {
    /** Where it stands. */
    public enum Place {
        PATH,
        QUERY,
        HEADER
    }
}
