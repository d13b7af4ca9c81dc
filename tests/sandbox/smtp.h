/*
 * smtp: the SMTP endpoints of all regions. One thread a session; a session
 * behaves as transcripts of email-smtp.amazonaws.com show it (for instance
 * jetmore/swaks issue 15) and as the SES guide's page on SMTP response codes
 * tells ("Amazon SES SMTP issues").
 */
#ifndef SANDBOX_SMTP_H
#define SANDBOX_SMTP_H

#include <stdint.h>

#include "certs.h"
#include "sandbox.h"

struct smtp;

struct smtp_ports {
	uint16_t starttls, tls; /* 0: any; then the real one */
};

/* Listen for each region and start accepting. Exits the program on failure.
 * s and c must outlive it. */
struct smtp *smtp_start(struct sandbox *s, const struct certs *c,
    struct smtp_ports ports[REGIONS_MAX]);

/* After sandbox_stop: cut all sessions, wait for them, free. */
void smtp_stop(struct smtp *m);

#endif
