/*
 * near: a misspelt name is answered with the nearest known one.
 */
#ifndef ROTATOR_NEAR_H
#define ROTATOR_NEAR_H

/* Offer all known names with near_try(), then ask near_hint(). */
struct near {
	const char *want;
	const char *best;
	unsigned distance;
};
void near_try(struct near *n, const char *candidate);
/* " (did you mean 'x'?)", or "" when nothing is close. */
struct hint {
	char s[80];
};
struct hint near_hint(const struct near *n);

#endif
