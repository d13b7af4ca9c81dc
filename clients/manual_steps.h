/*
 * manual_steps: the way to the SMTP settings of common programs, in the words
 * that a person sees there.
 */
#ifndef CLIENTS_MANUAL_STEPS_H
#define CLIENTS_MANUAL_STEPS_H

#include "base/buf.h"
#include "clients/client.h"

/* Names of the presets, NULL ended; the first one, "none", has no steps. An
 * index into it is what the functions take. */
extern const char *const manual_presets[];

/* A line each, as part of the steps: how to get there; what to do when the
 * values are entered. Nothing for "none". */
MUST enum ec manual_way(unsigned preset, struct buf *ret, struct err *e);
MUST enum ec manual_done(unsigned preset, struct buf *ret, struct err *e);

/* What the choice for this kind of TLS is called there. */
const char *manual_tls(unsigned preset, enum smtp_tls tls);

#endif
