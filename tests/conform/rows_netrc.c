/* rows_netrc: the worked example of clients/README.md. */
#include "conform.h"

extern const struct client_driver drv_netrc;

static bool
setup(struct place *p)
{
	place_set(p, "path", p->target, NULL);
	place_set(p, "machine", "mail.example.com", NULL);
	return true;
}

extern const struct row rows_netrc[];
const struct row rows_netrc[] = {
	{ .name = "netrc-example",
	    .drv = &drv_netrc,
	    .setup = setup,
	    .target = "netrc",
	    .text = "# mail\nmachine other login a password b\n"
		    "machine mail.example.com\tlogin @U  password @P\r\n"
		    "default login x password y" },
	{ .name = NULL },
};
