/** What a partition remembers of its producers, and the rules of KIP-98 over it. Knows files and bytes, nothing of actors or clusters. */
@NullMarked
package dev.sampo.persistence.producer;

import org.jspecify.annotations.NullMarked;
