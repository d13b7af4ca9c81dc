/*
 * config_p: what the config*.c files share, and nobody else.
 *
 * The way of a file: config_yaml.c turns bytes into a tree of nodes, each
 * with its place; config_table.c sorts the nodes of a map into slots by a
 * table of keys (config_keys.c) and lets each row's reader (config_value.c,
 * config_smtp.c) put a value into a struct. An inherited setting is a node
 * copied from one set of slots to another, so its place is never lost.
 * config_identity.c, config_client.c and config_check.c know the rules
 * between values.
 *
 * All memory is one arena that ends with the configuration; only the
 * drivers' option strings are owned elsewhere (client_conf_free()).
 */
#ifndef ROTATOR_CONFIG_P_H
#define ROTATOR_CONFIG_P_H

#include "rotator/config.h"
#include "rotator/near.h"

/* 10,000 identities with their clients are about 5 MiB. */
#define CONFIG_MAX_BYTES    ((size_t)32 * 1024 * 1024)
#define CONFIG_MAX_WARNINGS 100

/* --- config_mem.c: memory that is freed all at once --- */

struct chunk;
struct arena {
	struct chunk *top;
};

/* Zeroed and aligned for any type; NULL: no memory. Valid until
 * arena_free(). */
void *arena_get(struct arena *a, size_t n);
char *arena_dup(struct arena *a, const char *s, size_t n); /* adds a NUL */
char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void arena_free(struct arena *a); /* empty and reusable afterwards */
enum ec config_nomem(struct err *e);

/* --- config_yaml.c: bytes to a tree --- */

enum node_kind {
	NODE_NONE, /* `key:` with nothing behind it, or ~ */
	NODE_TEXT, /* any other scalar, quoted or not */
	NODE_LIST,
	NODE_MAP, /* children are key, value, key, value */
};

struct node {
	enum node_kind kind;
	unsigned line, column; /* from 1 */
	unsigned n;            /* children */
	const char *file;
	const char *text; /* NUL terminated, holds no other; "" unless TEXT */
	struct node *child, *next;
	struct node *up, *last; /* of use while the tree grows */
};

/*
 * One document. EC_CONFIG with the place for what is no YAML, and for what
 * YAML has but a configuration of ours has not: anchors, aliases, tags, a
 * second document, maps as keys, control characters. Nothing of text needs
 * to stay; `file` must, as long as the nodes.
 */
MUST enum ec config_yaml(struct arena *a, const char *file, const void *text,
    size_t len, const struct node **ret, struct err *e);

/* --- config_json.c: a tree to JSON --- */

struct config_full;

/* A list of texts or a map of texts as JSON text, in the arena. EC_CONFIG
 * with the place for anything deeper. */
MUST enum ec config_json(struct config_full *c, const struct node *n,
    const char **ret, struct err *e);

/* --- config_say.c: errors with a place, warnings, nearest names --- */

/* EC_CONFIG, "FILE:LINE:COLUMN: ..." */
enum ec config_fail(struct err *e, const struct node *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts the place in front of an error that came from elsewhere. */
enum ec config_place(struct err *e, const struct node *at);
/* The same words about the same place are noted once. Running out of memory
 * loses the warning, nothing else. */
void config_warn(struct config_full *c, const struct node *at, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* Text from a file, fit for a message: cut, control characters as '?'. */
struct shown {
	char s[48];
};
struct shown config_show(const char *text);

/* --- config_table.c: tables of keys --- */

/* One for every key there is. Keys of the same meaning on several levels
 * share theirs, which is what makes them inherit. */
enum slot {
	SLOT_ACCOUNT,
	SLOT_STATE,
	SLOT_PROFILE,
	SLOT_SEAL,
	SLOT_SEAL_KIND,
	SLOT_SEAL_PATH,
	SLOT_SEAL_NAME,
	SLOT_SEAL_KEY,
	SLOT_SEAL_REGION,
	SLOT_STORE,
	SLOT_STORE_KIND,
	SLOT_STORE_TABLE,
	SLOT_STORE_REGION,
	SLOT_ALARM,
	SLOT_JOBS,
	SLOT_STOP_AFTER,
	SLOT_DEFAULTS,
	SLOT_IDENTITIES,
	SLOT_CLIENTS,
	SLOT_NAME,
	SLOT_OWN_ACCOUNT, /* of an identity; may be another one */
	SLOT_ROLE_ARN,
	SLOT_EXTERNAL_ID,
	SLOT_IAM_USER,
	SLOT_USER_ID,
	SLOT_REGIONS,
	SLOT_SMTP,
	SLOT_HOST,
	SLOT_PORT,
	SLOT_TLS,
	SLOT_CA_FILE,
	SLOT_SETTLE,
	SLOT_SUCCESSES,
	SLOT_INTERVAL,
	SLOT_TIMEOUT,
	SLOT_MAX_AGE,
	SLOT_GRACE,
	SLOT_QUIET,
	SLOT_SLACK,
	SLOT_LATE_WINDOW,
	SLOT_SPREAD,
	SLOT_RING,
	SLOT_WINDOWS,
	SLOT_PROVE,
	SLOT_PROVE_FROM,
	SLOT_IDENTITY,
	SLOT_REGION,
	SLOT_TYPE,
	SLOT_REQUIRED,
	SLOT_PICKUP,
	SLOT_DEADLINE,
	SLOT__MAX
};

struct slots {
	const struct node *self; /* the map itself, for what is missing */
	const struct node *at[SLOT__MAX];
};

struct key;

struct reading {
	struct config_full *c;
	const struct key *key;
	const struct node *node; /* never NODE_NONE */
};

struct key {
	const char *name; /* NULL ends a table */
	size_t offset;    /* in the struct that the table describes */
	/* Either a reader, or a group (a map with a table of its own, whose
	 * offsets begin at ours), or neither: others look at the node. */
	MUST enum ec (*read)(const struct reading *r, void *to, struct err *e);
	const struct key *group;
	const void *arg;      /* what the reader needs to know */
	const char *fallback; /* as if it were written; NULL: left as it is */
	const char *example;  /* required; this goes into the remedy */
	enum slot slot;
	bool main_only; /* not in drop-ins */
};

const struct key *key_find(const struct key *table, const char *name);
/* Puts value into the slot of key, and into the slots of a group what is in
 * the map. EC_CONFIG: a key of a group is unknown, or any is there twice. */
MUST enum ec key_take(const struct key *k, const struct node *key,
    struct slots *s, struct err *e);
/* key_take() for all of map; an unknown key is an error. */
MUST enum ec table_take(const struct key *table, const struct node *map,
    struct slots *s, struct err *e);
/* Slots of table that are empty in to are filled from from. */
void table_inherit(
    const struct key *table, struct slots *to, const struct slots *from);
/* Reads every filled slot of table into the struct at `to`. EC_CONFIG: a
 * required key is missing, or what the readers say. */
MUST enum ec table_read(struct config_full *c, const struct key *table,
    const struct slots *s, void *to, struct err *e);
void table_near(const struct key *table, struct near *n);

/* --- config_value.c: readers --- */

struct range {
	int64_t min, max;
};
/* A word: starts with prefix, then characters of first, then of rest. */
struct form {
	const char *prefix, *first, *rest;
	size_t min, max;
	const char *says; /* how it should look, for the error */
};
#define READER(name)                                                           \
	MUST enum ec name(const struct reading *r, void *to, struct err *e)
READER(read_text);    /* const char ** */
READER(read_form);    /* const char **; arg: struct form */
READER(read_path);    /* const char **, absolute, no ".." */
READER(read_mail);    /* const char **, an address */
READER(read_span);    /* int64_t *, ms; arg: struct range */
READER(read_count);   /* int *; arg: struct range */
READER(read_choice);  /* unsigned *; arg: NULL ended texts */
READER(read_flag);    /* bool *; arg: texts, false and true in turn */
READER(read_argv);    /* const char *const **, a program and its arguments */
READER(read_regions); /* const char *const **, none twice */
READER(read_region);  /* const char ** */
READER(read_windows); /* struct windows * */
READER(read_driver);  /* const struct client_driver ** */
READER(read_role);    /* const char **, the ARN of a role; config_account.c */
READER(read_host);    /* char [256]; config_smtp.c */

/* --- config_keys.c: the tables --- */

extern const struct key top_keys[];       /* struct config_full */
extern const struct key defaults_keys[];  /* struct identity_conf */
extern const struct key identity_keys[];  /* struct identity_conf */
extern const struct key client_keys[];    /* struct client_conf */
extern const struct key inherited_keys[]; /* by clients from identities */

/* --- config_account.c: whose account an identity is in --- */

/* table_inherit(), but what an identity says of its account or role is not
 * mixed with what the defaults say of another one. */
void account_inherit(struct slots *to, const struct slots *from);
/* Fills id->account; EC_CONFIG when account, role and regions do not go
 * together. */
MUST enum ec account_complete(struct config_full *c, const struct slots *s,
    struct identity_conf *id, struct err *e);

/* --- config_smtp.c: hosts, ports, regions --- */

/*
 * Completes p, read from the slots, for use in these regions (NULL ended):
 * default port; refuses a host that cannot serve them all and a port that
 * does not go with tls. {region} stays in the host.
 */
MUST enum ec smtp_complete(struct config_full *c, const struct slots *s,
    const char *const *regions, struct smtp_peer *p, struct err *e);
/* Warns about regions without a known SES SMTP endpoint. */
void regions_check(
    struct config_full *c, const struct node *at, const char *const *regions);
/* Default host and {region} replaced. */
void smtp_locate(struct smtp_peer *p, const char *region);

/* --- the configuration while it is made and after --- */

struct part { /* one file's share; a list in file order */
	const struct node *identities, *clients; /* lists, or NULL */
	struct part *next;
};

struct entry {
	const char *name;
	size_t at; /* position in its array */
};

struct config_full {
	struct config pub; /* first: config_free() finds us by it */
	struct arena mem;
	struct slots top;
	struct identity_conf defaults; /* read to be checked; else unused */
	const char *seal_path, *seal_name, *seal_key;
	bool have_main;
	struct part *parts, **parts_end;
	struct slots *identity_slots;                /* one an identity */
	const struct node **client_nodes;            /* the map of each */
	struct entry *identity_index, *client_index; /* sorted by name */
	const struct client_conf **members;          /* grouped by identity */
	size_t *members_at; /* n_identities + 1 positions in members */
	const char *warnings[CONFIG_MAX_WARNINGS];
	size_t n_warnings;
};

/* --- config_lookup.c: indexes --- */

/* Sorts by name, then place. */
void index_sort(struct entry *index, size_t n);
/* SIZE_MAX: not there. */
size_t index_find(const struct entry *index, size_t n, const char *name);

/* Groups the clients by identity, and fills identity_conf.clients. */
MUST enum ec members_build(struct config_full *c, struct err *e);

/* --- what config_finish() runs, in this order --- */

MUST enum ec identities_build(struct config_full *c, struct err *e);
MUST enum ec clients_build(struct config_full *c, struct err *e);
/*
 * config_driver.c: the options of one client's driver, from the keys of map
 * that are not ours. *ret_target: text that is equal for two clients which
 * would write the same place, or NULL when the driver has no path; in the
 * arena.
 */
MUST enum ec driver_read(struct config_full *c, const struct node *map,
    struct client_conf *cl, const char **ret_target, struct err *e);
/* config_check.c: rules between the values of one identity; EC_CONFIG, or
 * warnings about what is valid and unwise. */
MUST enum ec identity_check(struct config_full *c, const struct slots *s,
    const struct identity_conf *id, struct err *e);
/* The same between identities, once all are read. */
MUST enum ec identities_check(struct config_full *c, struct err *e);
void client_check(
    struct config_full *c, const struct slots *s, const struct client_conf *cl);
/* Warns when two clients have the same target; sorts its argument. */
void targets_check(struct config_full *c, struct entry *targets, size_t n);

/*
 * The pure part of config_load(): configuration from memory. begin, then add
 * the main file and the drop-ins in order, then finish, which hands c over to
 * *ret. Whatever fails, config_free(&c->pub) is what remains to be done.
 */
struct config_full *config_begin(void); /* NULL: no memory */
MUST enum ec config_add(struct config_full *c, const char *file,
    const void *text, size_t len, struct err *e);
MUST enum ec config_finish(struct config_full *c, struct err *e);
/* All three with one file. For the fuzzer and for tests. */
MUST enum ec config_load_bytes(const char *file, const void *text, size_t len,
    struct config **ret, struct err *e);

#define CONFIG_DROP_INS "clients.d"
struct dirent;
/* For scandir(): the names that count at all. */
int config_drop_in_visible(const struct dirent *d);

/* config_file.c: reads path and the drop-ins beside it. */
MUST enum ec config_read(
    struct config_full *c, const char *path, struct err *e);

#endif
