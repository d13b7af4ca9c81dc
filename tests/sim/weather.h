/*
 * weather: a random world from a seed: clients of every kind, failures of
 * every call, deaths, a machine that is suspended; and one whole life in it,
 * with the people of people.h.
 */
#ifndef SIM_WEATHER_H
#define SIM_WEATHER_H

#include "world.h"

/* Rows of the table, for reach_print(); NULL at the end. */
extern const char *const weather_names[];

/* One life from that seed; true when no invariant broke. trace: tell it all,
 * and the seed with the violation at the end. reach: NULL or counted in. */
bool weather_life(uint64_t seed, bool trace, struct reach *reach);
/* The same over the real store and a disk that loses things: disk_begin(). */
bool weather_disk_life(uint64_t seed, bool trace, struct reach *reach);

#endif
