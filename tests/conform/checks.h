/*
 * checks: what the files check_*.c share. A check is a function of a fresh
 * place that says in p->why what is wrong; a table of them is a line in
 * checks.c.
 */
#ifndef TESTS_CONFORM_CHECKS_H
#define TESTS_CONFORM_CHECKS_H

#include "conform.h"

/* Rows that a check is for. */
bool applies_writes(const struct place *p);
bool applies_human(const struct place *p);
bool applies_file(const struct place *p); /* the credential is in a file */
bool applies_text(const struct place *p); /* and that has its known text */
bool applies_creates(const struct place *p);
bool applies_text_root(const struct place *p);
/* The file driver, whose file must be there; others go through programs,
 * which have their own words for a full disk. */
bool applies_file_driver(const struct place *p);

/* false: p->why. */
bool check_writes(struct place *p, const struct pair *pair);
bool check_same(struct place *p, const struct buf *a, const struct buf *b);
/* Is ec one of the classes that this refusal may have? */
bool check_refused(
    struct place *p, enum ec ec, const char *what, enum ec a, enum ec b);
/* Does the last error say why, and what to do? */
bool check_clear(struct place *p, const char *why);
/* The target's bytes; none when there is no file, or it cannot be read. */
void check_content(const struct place *p, struct buf *ret);

#endif
