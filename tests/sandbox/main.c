/*
 * ses-sandbox: IAM, STS and the SES SMTP endpoints on loopback, for tests and
 * for rehearsing a configuration. An independent witness: it shares no code
 * for signatures or passwords with the program it tests. See README.md.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <microhttpd.h>

#include "base/auto.h"
#include "certs.h"
#include "control.h"
#include "https.h"
#include "listener.h"
#include "sandbox.h"
#include "smtp.h"
#include "util.h"

struct options {
	const char *dir;
	uint16_t port_base;
	bool exit_with_parent;
};

struct servers {
	struct MHD_Daemon *https, *control;
	struct smtp *smtp;
	uint16_t https_port, control_port;
	struct smtp_ports ports[REGIONS_MAX];
};

static const char usage[] =
    "usage: ses-sandbox --dir DIR [--region R]... [--adversity PERCENT]\n"
    "           [--seed N] [--account ID] [--port-base N] [--listen ADDRESS]\n"
    "           [--exit-with-parent] [--foreground]\n"
    "IAM, STS and SES SMTP on loopback. When all is listening, DIR/sandbox.env\n"
    "holds the settings to source, and one line \"ready\" is printed.\n"
    "Ends on SIGTERM or SIGINT.\n";

static const struct option longopts[] = {
	{ "dir", required_argument, NULL, 'd' },
	{ "region", required_argument, NULL, 'r' },
	{ "adversity", required_argument, NULL, 'a' },
	{ "seed", required_argument, NULL, 's' },
	{ "account", required_argument, NULL, 'c' },
	{ "port-base", required_argument, NULL, 'p' },
	{ "listen", required_argument, NULL, 'l' },
	{ "exit-with-parent", no_argument, NULL, 'x' },
	{ "foreground", no_argument, NULL, 'f' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static unsigned long
number(const char *text, const char *what, unsigned long max)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || text[0] == '-' ||
	    n > max)
		die("%s: %s is not a number from 0 to %lu", what, text, max);
	return n;
}

static void
add_region(struct sandbox *s, const char *region)
{
	static const char bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t n = strlen(region);

	if (n == 0 || n >= REGION_SIZE || strspn(region, bytes) != n)
		die("--region: '%s' does not look like a region", region);
	if (s->nregions == REGIONS_MAX)
		die("--region: at most %d", REGIONS_MAX);
	copy_text(s->regions[s->nregions++], REGION_SIZE, region);
}

static void
set_account(struct sandbox *s, const char *account)
{
	if (strlen(account) != 12 || strspn(account, "0123456789") != 12)
		die("--account: 12 digits are wanted");
	copy_text(s->account, sizeof(s->account), account);
}

static void
set_address(struct sandbox *s, const char *address)
{
	if (inet_pton(AF_INET, address, &s->address) != 1)
		die("--listen: '%s' is no IPv4 address", address);
}

static void
take_option(int ch, struct sandbox *s, struct options *o)
{
	switch (ch) {
	case 'd':
		o->dir = optarg;
		break;
	case 'r':
		add_region(s, optarg);
		break;
	case 'a':
		s->adversity = (int)number(optarg, "--adversity", 100);
		break;
	case 's':
		s->random = number(optarg, "--seed", ~0UL);
		break;
	case 'c':
		set_account(s, optarg);
		break;
	case 'p':
		o->port_base = (uint16_t)number(optarg, "--port-base", 65000);
		break;
	case 'l':
		set_address(s, optarg);
		break;
	case 'x':
		o->exit_with_parent = true;
		break;
	case 'f': /* there is no other way to run */
		break;
	case 'h':
		(void)fputs(usage, stdout);
		exit(0);
	default:
		(void)fputs(usage, stderr);
		exit(64);
	}
}

static void
parse(int argc, char **argv, struct sandbox *s, struct options *o)
{
	int ch;

	copy_text(s->account, sizeof(s->account), "123456789012");
	s->address = listener_loopback();
	if (getrandom(&s->random, sizeof(s->random), 0) < 0)
		die("getrandom: %s", strerror(errno));
	while ((ch = getopt_long(argc, argv, "", longopts, NULL)) != -1)
		take_option(ch, s, o);
	if (o->dir == NULL || optind != argc) {
		(void)fputs(usage, stderr);
		exit(64);
	}
	if (s->nregions == 0)
		add_region(s, "us-east-1");
}

/* A second sandbox in one directory would overwrite the first one's files. */
static int
lock_dir(const char *dir)
{
	AUTO(free) char *path = fmt("%s/lock", dir);
	int fd;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		die("%s: %s", dir, strerror(errno));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		die("%s: another sandbox runs in this directory", dir);
	return fd;
}

/* us-east-1 as part of a variable's name. */
static char *
variable(const char *region)
{
	char *v = fmt("%s", region), *p;

	for (p = v; *p != '\0'; p++)
		if (*p == '-')
			*p = '_';
	return v;
}

static void
put_env(
    FILE *f, const struct sandbox *s, const struct servers *v, const char *ca)
{
	const struct in_addr any = { .s_addr = htonl(INADDR_ANY) };
	char at[INET_ADDRSTRLEN] = "127.0.0.1";
	size_t i;

	if (s->address.s_addr != any.s_addr)
		(void)inet_ntop(AF_INET, &s->address, at, sizeof(at));
	(void)fprintf(f,
	    "export AWS_ENDPOINT_URL='https://%s:%u'\n"
	    "export AWS_CA_BUNDLE='%s'\n"
	    "export AWS_ACCESS_KEY_ID='%s'\n"
	    "export AWS_SECRET_ACCESS_KEY='%s'\n"
	    "export AWS_REGION='%s'\n"
	    "export AWS_DEFAULT_REGION='%s'\n"
	    "export SANDBOX_CONTROL='http://127.0.0.1:%u'\n"
	    "export SANDBOX_CA='%s'\n"
	    "export SANDBOX_ACCOUNT='%s'\n",
	    at, v->https_port, ca, OPERATOR_KEY, OPERATOR_SECRET, s->regions[0],
	    s->regions[0], v->control_port, ca, s->account);
	for (i = 0; i < s->nregions; i++) {
		AUTO(free) char *name = variable(s->regions[i]);

		(void)fprintf(f,
		    "export SMTP_STARTTLS_PORT_%s='%u'\n"
		    "export SMTP_TLS_PORT_%s='%u'\n",
		    name, v->ports[i].starttls, name, v->ports[i].tls);
	}
}

static void
write_env(const char *path, const struct sandbox *s, const struct servers *v,
    const char *ca)
{
	AUTO(free) char *temp = fmt("%s.new", path);
	FILE *f;

	(void)umask(077);
	f = fopen(temp, "we");
	if (f == NULL)
		die("%s: %s", temp, strerror(errno));
	put_env(f, s, v, ca);
	if (fclose(f) != 0 || rename(temp, path) != 0)
		die("%s: %s", path, strerror(errno));
}

static void
start(struct sandbox *s, struct servers *v, const struct certs *c,
    const struct options *o)
{
	uint16_t base = o->port_base;
	size_t i;

	v->https_port = base;
	v->control_port = base != 0 ? (uint16_t)(base + 1) : 0;
	for (i = 0; base != 0 && i < s->nregions; i++) {
		v->ports[i].starttls = (uint16_t)(base + 2 + 2 * i);
		v->ports[i].tls = (uint16_t)(base + 3 + 2 * i);
	}
	v->https = https_start(s, &v->https_port, c->cert_pem, c->key_pem);
	v->control = control_start(s, &v->control_port);
	v->smtp = smtp_start(s, c, v->ports);
}

static void
stop(struct sandbox *s, struct servers *v)
{
	sandbox_stop(s);
	smtp_stop(v->smtp);
	MHD_stop_daemon(v->https);
	MHD_stop_daemon(v->control);
}

static void
block_signals(sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGTERM);
	(void)sigaddset(set, SIGINT);
	(void)pthread_sigmask(SIG_BLOCK, set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static void
follow_parent(pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* It may have gone before the line above. */
	if (getppid() != parent)
		exit(1);
}

int
main(int argc, char **argv)
{
	struct sandbox s = { .nregions = 0 };
	struct options o = { .dir = NULL };
	struct servers v = { .https = NULL };
	struct certs c = { .ca = NULL };
	AUTO(free) char *dir = NULL;
	AUTO(free) char *env = NULL;
	AUTO(fd) int lock = -1;
	pid_t parent = getppid();
	sigset_t set;
	int sig;

	parse(argc, argv, &s, &o);
	block_signals(&set);
	if (o.exit_with_parent)
		follow_parent(parent);
	lock = lock_dir(o.dir); /* held until the end */
	(void)lock;
	dir = realpath(o.dir, NULL);
	if (dir == NULL || strchr(dir, '\'') != NULL)
		die("%s: cannot be used as directory", o.dir);
	sandbox_init(&s);
	certs_open(&c, dir, &s);
	start(&s, &v, &c, &o);
	env = fmt("%s/sandbox.env", dir);
	write_env(env, &s, &v, c.ca_path);
	(void)printf("ready %s\n", env);
	(void)fflush(stdout);
	(void)sigwait(&set, &sig);
	(void)unlink(env);
	stop(&s, &v);
	certs_free(&c);
	sandbox_free(&s);
	return 0;
}
