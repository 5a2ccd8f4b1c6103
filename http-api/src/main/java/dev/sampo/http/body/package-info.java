/** Bodies of requests and answers, as records: JSON and the schemas of the OpenAPI document are made of them. */
@NullMarked
package dev.sampo.http.body;

import org.jspecify.annotations.NullMarked;
