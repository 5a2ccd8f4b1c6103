/** Members of a group: who they are, what they offer, when they are late. No Pekko, no clock. */
@NullMarked
package dev.sampo.group.member;

import org.jspecify.annotations.NullMarked;
