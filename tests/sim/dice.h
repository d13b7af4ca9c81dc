/* dice: random numbers that can be rolled again. splitmix64,
 * https://prng.di.unimi.it/splitmix64.c */
#ifndef SIM_DICE_H
#define SIM_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
	uint64_t s;
};

static inline uint64_t
roll(struct dice *d)
{
	uint64_t z = (d->s += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static inline unsigned
upto(struct dice *d, unsigned n)
{
	return (unsigned)(roll(d) % n);
}

static inline bool
percent(struct dice *d, unsigned p)
{
	return upto(d, 100) < p;
}

#endif
