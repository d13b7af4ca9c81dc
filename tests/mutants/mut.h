/*
 * mut: a file in which every mutant is present at once, asleep. The number in
 * the environment says which one wakes; without one it is the program itself
 * that runs, and what it passed by is noted. mutate.py writes the calls.
 */
#ifndef MUT_H
#define MUT_H

extern int mut_awake;
extern unsigned char *mut_seen; /* one byte each, shared with children */

static inline int
mut(int n)
{
	mut_seen[n] = 1;
	return mut_awake == n;
}

/* What is put around the expression that a mutant changes. */
#define MUT_CMP(n, other, own, a, b)                                           \
	(MUT(n) ? ((a)other(b)) : ((a)own(b)))              /* a < b */
#define MUT_DROP(n, k, a) (MUT(n) ? (k) : !!(a))            /* operand */
#define MUT_FLIP(n, a)    (MUT(n) ? !(a) : !!(a))           /* operand */
#define MUT_IF(n, m, a)   (MUT(n) ? 0 : MUT(m) ? 1 : !!(a)) /* if (a) */
#define MUT_CALL(n, k, a) (MUT(n) ? (k) : (a))              /* a() */
#define MUT_CONST(n, m, x, a)                                                  \
	(MUT(n) ? MUT_UP_##x(a) : MUT(m) ? MUT_DN_##x(a) : (a))
#define MUT_UP_ONE(a)  ((a) + 1)
#define MUT_DN_ONE(a)  ((a)-1)
#define MUT_UP_TIME(a) ((a)*2)
#define MUT_DN_TIME(a) ((a) / 2)

#ifdef MUT_SOLO /* one alone, where only a constant will do */
#define MUT(n) ((n) == MUT_SOLO)
#else
#define MUT(n) mut(n)
#endif

#endif
