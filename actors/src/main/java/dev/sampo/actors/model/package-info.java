/** Values that every room shares: identities, error codes, acknowledgement modes. No behaviour, no Pekko. */
@NullMarked
package dev.sampo.actors.model;

import org.jspecify.annotations.NullMarked;
