/*
 * control: plain HTTP on loopback by which a test looks at and turns the
 * sandbox. README.md lists the paths.
 */
#ifndef SANDBOX_CONTROL_H
#define SANDBOX_CONTROL_H

#include <stdint.h>

#include "sandbox.h"

struct MHD_Daemon;

/* As https_start. */
struct MHD_Daemon *control_start(struct sandbox *s, uint16_t *port);

/* One request; a new reply text, and the HTTP status in *status. path is
 * changed. body ends with NUL. arg asks for a query argument, NULL if it is
 * not there. */
typedef const char *control_arg(void *ctx, const char *name);
char *control_run(struct sandbox *s, const char *method, char *path,
    const char *body, control_arg *arg, void *ctx, int *status);

#endif
