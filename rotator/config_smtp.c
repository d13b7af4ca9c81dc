/*
 * config_smtp: where SES SMTP is. The SMTP password is good for one region
 * (https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html), so a host
 * of another region would refuse each of our keys; that is found here, before
 * a key is made.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/config_p.h"

#define HOST_LONGEST 253 /* RFC 1035 2.3.4, as text */
#define REGION_MARK  "{region}"

/* Ports of SES: https://docs.aws.amazon.com/ses/latest/dg/smtp-connect.html */
static const struct port {
	unsigned number;
	enum smtp_tls tls;
	bool usual; /* when only tls is given */
	const char *note;
} ports[] = {
	{ 587, SMTP_STARTTLS, true, NULL },
	{ 465, SMTP_IMPLICIT, true, NULL },
	{ 2587, SMTP_STARTTLS, false, NULL },
	{ 2465, SMTP_IMPLICIT, false, NULL },
	/* https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html */
	{ 25, SMTP_STARTTLS, false,
	    "port 25 is throttled on EC2 and closed by many providers; 587 or "
	    "2587 is safer" },
};
#define PORT_OF_OTHERS 2525

/*
 * Regions whose endpoint is known to exist (nodemailer 7, well-known
 * services). A hint only: any region is accepted, an unknown one with a
 * warning.
 */
static const char *const known_regions[] = {
	"us-east-1",
	"us-east-2",
	"us-west-1",
	"us-west-2",
	"ca-central-1",
	"sa-east-1",
	"eu-central-1",
	"eu-north-1",
	"eu-south-1",
	"eu-west-1",
	"eu-west-2",
	"eu-west-3",
	"ap-northeast-1",
	"ap-northeast-2",
	"ap-northeast-3",
	"ap-south-1",
	"ap-southeast-1",
	"ap-southeast-2",
	"us-gov-east-1",
	"us-gov-west-1",
};

/* Labels of letters, digits, '-', '_'; {region} stands for such. */
static bool
host_valid(const char *s)
{
	size_t label = 0;

	for (; *s != '\0'; s++) {
		if (strncmp(s, REGION_MARK, strlen(REGION_MARK)) == 0) {
			s += strlen(REGION_MARK) - 1;
			label++;
		} else if (*s == '.' && label > 0) {
			label = 0;
		} else if (isalnum((unsigned char)*s) || *s == '_' ||
		    (*s == '-' && label > 0)) {
			label++;
		} else {
			return false;
		}
	}
	return label > 0;
}

enum ec
read_host(const struct reading *r, void *to, struct err *e)
{
	const struct node *n = r->node;
	char host[sizeof(((struct smtp_peer *)NULL)->host)] = "";

	if (n->kind != NODE_TEXT || strlen(n->text) > HOST_LONGEST ||
	    !host_valid(n->text)) {
		(void)config_fail(
		    e, n, "'%s' must be a host name", r->key->name);
		return fix(e,
		    "write the name only, such as email-smtp.us-east-1."
		    "amazonaws.com; the port has its own key");
	}
	if (strcasestr(n->text, "mail-manager-smtp") != NULL) {
		(void)config_fail(e, n,
		    "this is a Mail Manager ingress endpoint, whose passwords "
		    "are no SES SMTP credentials");
		return fix(
		    e, "name an SES endpoint: email-smtp.REGION.amazonaws.com");
	}
	memcpy(host, n->text, strlen(n->text) + 1);
	memcpy(to, host, sizeof(host));
	return EC_OK;
}

/* Replaces each {region}; false when it becomes too long. */
static bool
expand(char host[256], const char *region)
{
	char made[256] = "";
	size_t len = 0;

	for (const char *s = host; *s != '\0' && len < sizeof(made);) {
		if (strncmp(s, REGION_MARK, strlen(REGION_MARK)) == 0) {
			len += (size_t)snprintf(
			    made + len, sizeof(made) - len, "%s", region);
			s += strlen(REGION_MARK);
		} else {
			made[len++] = *s++;
		}
	}
	if (len > HOST_LONGEST)
		return false;
	made[len] = '\0';
	memcpy(host, made, sizeof(made));
	return true;
}

void
smtp_locate(struct smtp_peer *p, const char *region)
{
	const bool china = strncmp(region, "cn-", 3) == 0;

	if (p->host[0] == '\0')
		(void)snprintf(p->host, sizeof(p->host),
		    "email-smtp.%s.amazonaws.com%s", region,
		    china ? ".cn" : "");
	else if (!expand(p->host, region))
		p->host[0] = '\0'; /* smtp_complete() has refused it */
}

/*
 * The region that an SES host name tells: the label behind email-smtp or
 * email-smtp-fips, also in the names of VPC endpoints
 * (https://docs.aws.amazon.com/ses/latest/dg/send-email-set-up-vpc-endpoints.html).
 * Empty: it tells none.
 */
static void
host_region(const char *host, char ret[REGION_MAX])
{
	const char *s = strcasestr(host, "email-smtp");
	const char *dot = s != NULL ? strchr(s, '.') : NULL;
	size_t len = dot != NULL ? strcspn(dot + 1, ".") : 0;

	ret[0] = '\0';
	if (dot == NULL || len == 0 || len >= REGION_MAX)
		return;
	memcpy(ret, dot + 1, len);
	ret[len] = '\0';
	if (!region_valid(ret))
		ret[0] = '\0';
}

static enum ec
host_serves(
    const struct node *at, const char *host, const char *region, struct err *e)
{
	char told[REGION_MAX];
	char made[256];

	memcpy(made, host, sizeof(made));
	if (!expand(made, region))
		return config_fail(e, at,
		    "with region %s the host name is longer than %d", region,
		    HOST_LONGEST);
	host_region(made, told);
	if (told[0] == '\0' || strcmp(told, region) == 0)
		return EC_OK;
	(void)config_fail(e, at,
	    "the host is in %s, where SES refuses the password for %s", told,
	    region);
	return fix(e, "leave host out, or write {region} instead of %s", told);
}

static enum ec
host_check(const struct node *at, const char *host, const char *const *regions,
    struct err *e)
{
	if (regions[1] != NULL && strstr(host, REGION_MARK) == NULL) {
		(void)config_fail(
		    e, at, "one host cannot serve several regions");
		return fix(e,
		    "write {region} in it, or give each client its own smtp: "
		    "{ host: ... }");
	}
	for (; *regions != NULL; regions++)
		TRY(host_serves(at, host, *regions, e));
	return EC_OK;
}

void
regions_check(
    struct config_full *c, const struct node *at, const char *const *regions)
{
	for (; *regions != NULL; regions++) {
		bool known = false;

		for (size_t i = 0; i < COUNT(known_regions) && !known; i++)
			known = strcmp(known_regions[i], *regions) == 0;
		if (!known)
			config_warn(c, at,
			    "%s is not known to have an SES SMTP endpoint; "
			    "check that email-smtp.%s.amazonaws.com exists",
			    *regions, *regions);
	}
}

static unsigned
usual_port(enum smtp_tls tls)
{
	for (size_t i = 0; i < COUNT(ports); i++)
		if (ports[i].usual && ports[i].tls == tls)
			return ports[i].number;
	return 0;
}

static enum ec
port_check(struct config_full *c, const struct node *at,
    const struct smtp_peer *p, struct err *e)
{
	if (p->port == PORT_OF_OTHERS) {
		(void)config_fail(e, at, "SES has no port 2525");
		return fix(e,
		    "use 587 or 2587 (starttls), 465 or 2465 "
		    "(implicit)");
	}
	for (size_t i = 0; i < COUNT(ports); i++) {
		if (ports[i].number != p->port)
			continue;
		if (ports[i].tls != p->tls) {
			(void)config_fail(e, at,
			    "port %u of SES does not speak TLS that way",
			    p->port);
			return fix(e, "write tls: %s, or take port %u",
			    ports[i].tls == SMTP_IMPLICIT ? "implicit"
							  : "starttls",
			    usual_port(p->tls));
		}
		if (ports[i].note != NULL)
			config_warn(c, at, "%s", ports[i].note);
	}
	return EC_OK;
}

enum ec
smtp_complete(struct config_full *c, const struct slots *s,
    const char *const *regions, struct smtp_peer *p, struct err *e)
{
	const struct node *port = s->at[SLOT_PORT], *host = s->at[SLOT_HOST];

	if (port == NULL)
		p->port = usual_port(p->tls);
	else
		TRY(port_check(c, port, p, e));
	return host != NULL ? host_check(host, p->host, regions, e) : EC_OK;
}
