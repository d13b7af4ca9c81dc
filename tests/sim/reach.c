#include "reach.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "world.h"

#define BIT(call) (UINT32_C(1) << (call))
#define ANY_EC    EC__MAX
#define STAYS     ROT__MAX

/*
 * What a process does that begins after a death, by the state it finds
 * (safety.md 3.4). to: the first arrow, or STAYS with the class that its run
 * ends with; with: one of these calls came before; without: none of these.
 */
static const struct rule {
	enum rot_state found, to;
	enum ec ec;
	uint32_t with, without;
	const char *what;
} rules[] = {
	{ ROT_IDLE, ROT_INTENT, ANY_EC, BIT(CALL_LIST), 0, "begins anew" },
	{ ROT_IDLE, ROT_BLOCKED, ANY_EC, BIT(CALL_LIST), 0,
	    "IAM is not as recorded: asks a person" },
	{ ROT_IDLE, STAYS, EC_OK, 0, 0, "nothing is due" },
	{ ROT_INTENT, STAYS, EC_LATER, 0, BIT(CALL_CREATE),
	    "waits until a lost call cannot land any more" },
	{ ROT_INTENT, ROT_CREATED, ANY_EC, BIT(CALL_CREATE), 0,
	    "nothing landed: announces one more call" },
	{ ROT_INTENT, ROT_ORPH, ANY_EC, BIT(CALL_LIST), BIT(CALL_CREATE),
	    "a key of ours without a secret: sets it aside" },
	{ ROT_INTENT, ROT_BLOCKED, ANY_EC, BIT(CALL_LIST), 0,
	    "a key that is not ours, or in use: asks a person" },
	{ ROT_ORPH, ROT_ORPHQ, ANY_EC, BIT(CALL_OFF), 0,
	    "the orphan is still on: off" },
	{ ROT_ORPH, ROT_ORPHQ, ANY_EC, 0, BIT(CALL_OFF),
	    "the orphan is off already" },
	{ ROT_ORPH, ROT_BLOCKED, ANY_EC, 0, BIT(CALL_OFF) | BIT(CALL_REMOVE),
	    "the orphan is used: asks a person" },
	{ ROT_ORPHQ, STAYS, EC_LATER, 0, BIT(CALL_REMOVE),
	    "the orphan's waiting time" },
	{ ROT_ORPHQ, ROT_INTENT, ANY_EC, BIT(CALL_REMOVE), 0,
	    "deletes the orphan" },
	{ ROT_ORPHQ, ROT_INTENT, ANY_EC, 0, BIT(CALL_REMOVE),
	    "the orphan is gone already" },
	{ ROT_ORPHQ, ROT_BLOCKED, ANY_EC, BIT(CALL_ON), 0,
	    "the orphan is used after all: on again, asks a person" },
	{ ROT_CREATED, ROT_PROVED, ANY_EC, BIT(CALL_PROBE), BIT(CALL_CREATE),
	    "proves the new key" },
	{ ROT_CREATED, STAYS, EC_TEMP, BIT(CALL_PROBE), BIT(CALL_CREATE),
	    "a failing network says nothing about the key" },
	{ ROT_CREATED, ROT_RB, ANY_EC, BIT(CALL_PROBE), 0,
	    "refused all the time: goes back" },
	{ ROT_CREATED, ROT_BLOCKED, ANY_EC, BIT(CALL_PROBE), 0,
	    "refused for the third time: asks a person" },
	{ ROT_PROVED, ROT_PUSHING, ANY_EC, 0, BIT(CALL_PROBE), "goes on" },
	{ ROT_PROVED, ROT_CREATED, ANY_EC, 0, 0,
	    "the proof is old: proves again" },
	{ ROT_PUSHING, ROT_GRACE, ANY_EC, BIT(CALL_WRITE), 0,
	    "writes, also what was written, and proves" },
	{ ROT_PUSHING, ROT_BLOCKED, ANY_EC, 0, 0,
	    "somebody changed a client: asks a person" },
	{ ROT_PUSHING, STAYS, EC_CLIENT, 0, 0, "a client fails: later" },
	{ ROT_PUSHING, STAYS, EC_HUMAN, 0, 0, "a person's turn" },
	{ ROT_PUSHING, ROT_DONE, ANY_EC, 0, 0, "there is no old key" },
	{ ROT_GRACE, STAYS, EC_LATER, 0, 0, "both keys stay on for a while" },
	{ ROT_GRACE, ROT_DEACT, ANY_EC, BIT(CALL_USED), 0,
	    "all is proved anew" },
	{ ROT_GRACE, ROT_BLOCKED, ANY_EC, 0, 0,
	    "somebody still uses the old key, or moved back" },
	{ ROT_GRACE, ROT_PUSHING, ANY_EC, 0, 0, "a client has come in" },
	{ ROT_GRACE, ROT_DONE, ANY_EC, BIT(CALL_LIST), 0,
	    "somebody deleted the old key" },
	{ ROT_DEACT, ROT_QUIET, ANY_EC, BIT(CALL_OFF), 0,
	    "the old key is still on: off" },
	{ ROT_DEACT, ROT_QUIET, ANY_EC, 0, BIT(CALL_OFF),
	    "the old key is off already" },
	{ ROT_DEACT, ROT_BLOCKED, ANY_EC, 0, 0, "it is needed after all" },
	{ ROT_DEACT, ROT_PUSHING, ANY_EC, 0, 0, "a client has come in" },
	{ ROT_DEACT, ROT_DONE, ANY_EC, 0, 0, "somebody deleted the old key" },
	{ ROT_QUIET, STAYS, EC_LATER, 0, 0, "nobody misses it so far" },
	{ ROT_QUIET, ROT_DEL, ANY_EC, BIT(CALL_USED), 0, "nobody missed it" },
	{ ROT_QUIET, ROT_BLOCKED, ANY_EC, BIT(CALL_ON), 0,
	    "it is needed after all: on again" },
	{ ROT_QUIET, ROT_BLOCKED, ANY_EC, 0, BIT(CALL_ON),
	    "somebody switched it on: asks a person" },
	{ ROT_QUIET, ROT_PUSHING, ANY_EC, BIT(CALL_ON), 0,
	    "a client has come in: on again" },
	{ ROT_QUIET, ROT_DONE, ANY_EC, 0, 0, "somebody deleted the old key" },
	{ ROT_DEL, ROT_DONE, ANY_EC, BIT(CALL_REMOVE), 0, "deletes again" },
	{ ROT_DEL, ROT_DONE, ANY_EC, 0, BIT(CALL_REMOVE),
	    "it is gone already" },
	{ ROT_DEL, ROT_BLOCKED, ANY_EC, 0, 0, "it is on again: asks a person" },
	{ ROT_DONE, ROT_IDLE, ANY_EC, 0, 0, "wipes and closes" },
	{ ROT_RB, ROT_GRACE, ANY_EC, BIT(CALL_WRITE), 0,
	    "gives clients their former pairs" },
	{ ROT_RB, ROT_DEACT, ANY_EC, 0, BIT(CALL_WRITE),
	    "no client was touched" },
	{ ROT_RB, ROT_BLOCKED, ANY_EC, 0, 0, "no way back: asks a person" },
	{ ROT_RB, STAYS, EC_CLIENT, 0, 0, "a client fails on the way back" },
	{ ROT_BLOCKED, STAYS, EC_CONFLICT, BIT(CALL_NOTIFY),
	    BIT(CALL_CREATE) | BIT(CALL_ON) | BIT(CALL_OFF) | BIT(CALL_REMOVE) |
		BIT(CALL_WRITE) | BIT(CALL_ACTIVATE),
	    "says so again and touches nothing" },
};
_Static_assert(COUNT(rules) <= REACH_RULES, "room for every rule");

void
reach_mode(struct sim *w, enum reach_mode m)
{
	if (w->reach != NULL)
		w->reach->mode[m]++;
}

void
reach_check(struct sim *w, enum reach_check c)
{
	if (w->reach != NULL)
		w->reach->check[c]++;
}

static void
count_rules(struct sim *w, enum rot_state to, enum ec ec)
{
	const struct sim_life *l = &w->proc.life;

	if (!l->after_death || !l->loaded || l->stale)
		return;
	for (size_t i = 0; i < COUNT(rules); i++) {
		const struct rule *r = &rules[i];

		if (r->found == l->found && r->to == to &&
		    (r->ec == ANY_EC || r->ec == ec) &&
		    (r->with == 0 || (l->calls & r->with) != 0) &&
		    (l->calls & r->without) == 0)
			w->reach->rule[i]++;
	}
}

static bool
some_touched(const struct rec *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_clients; i++)
		n += r->clients[i].state == CL_VERIFIED;
	return n > 0 && n < r->n_clients;
}

static void
count_modes(struct sim *w, const struct rec *was, const struct rec *is)
{
	const bool blocks = is->state == ROT_BLOCKED;

	if (is->state == ROT_PUSHING && some_touched(is))
		reach_mode(w, MODE_C17);
	if (was->state == is->state)
		return;
	if (blocks && was->state == ROT_IDLE && sim_keys_count(w) == 2) {
		reach_mode(w, MODE_A5);
		reach_mode(w, MODE_G13);
	}
	if (blocks && was->state == ROT_INTENT && sim_keys_count(w) == 2)
		reach_mode(w, MODE_A6);
	if (blocks && was->state == ROT_CREATED)
		reach_mode(w, MODE_G6);
	if (blocks && was->state == ROT_RB)
		reach_mode(w, MODE_G8);
	if (is->state == ROT_RB && was->state == ROT_CREATED)
		reach_mode(w, MODE_E9);
	if (was->state == ROT_DONE && was->rollback)
		reach_mode(w, MODE_G7);
	if (was->state == ROT_DONE && was->emergency && !was->rollback)
		reach_mode(w, MODE_A24);
	if (was->state == ROT_DONE && w->regions[1] != NULL)
		reach_mode(w, MODE_A26);
	if (blocks && (was->state == ROT_GRACE || was->state == ROT_QUIET) &&
	    strstr(is->alarm, "nobody registered") != NULL)
		reach_mode(w, MODE_A22);
}

void
reach_commit(struct sim *w, const struct rec *was, const struct rec *is)
{
	struct sim_life *l = &w->proc.life;

	if (w->reach == NULL)
		return;
	count_modes(w, was, is);
	if (was->state == is->state)
		return;
	w->reach->state[is->state]++;
	w->reach->arrow[was->state][is->state]++;
	if (was->state == ROT_DONE && is->state == ROT_IDLE)
		w->reach->rotations++;
	if (!l->left)
		count_rules(w, is->state, ANY_EC);
	l->left = true;
}

void
reach_run(struct sim *w, enum ec ec)
{
	if (w->reach == NULL || w->proc.dead)
		return;
	w->reach->runs++;
	w->reach->class[ec]++;
	if (!w->proc.life.left)
		count_rules(w, STAYS, ec);
}

void
reach_add(struct reach *to, const struct reach *from)
{
	const size_t n = sizeof(*to) / sizeof(uint64_t);
	uint64_t *a = (uint64_t *)to;
	const uint64_t *b = (const uint64_t *)from;

	for (size_t i = 0; i < n; i++)
		a[i] += b[i];
}

/* ---- the table --------------------------------------------------------- */

static const char *const check_names[CHECK__MAX] = {
	[CHECK_I1] = "I1 what a client holds is accepted",
	[CHECK_I2] = "I2 two slots",
	[CHECK_I3] = "I3 nothing is forgotten",
	[CHECK_I4] = "I4 retired on proof only",
	[CHECK_I5] = "I5 hands off others' keys",
	[CHECK_I6] = "I6 reversible until DEL",
	[CHECK_I7] = "I7 announced before",
	[CHECK_I8] = "I8 looked at before",
	[CHECK_I10] = "I10 one writer",
	[CHECK_I11] = "I11 evidence, not absence",
	[CHECK_I12] = "I12 no secret in any text",
	[CHECK_I13] = "I13 the right pair, unchanged",
	[CHECK_I14] = "I14 only along the arrows",
	[CHECK_L1] = "L1 it ends",
	[CHECK_L2] = "L2 blocked, both keys can send",
	[CHECK_L3] = "L3 the alarm repeats, once a run",
};

static const char *const mode_names[MODE__MAX] = {
#define X(id, what) [MODE_##id] = #id " " what,
	REACH_MODES(X)
#undef X
};

/* Classes that a run cannot end with, and why. */
static const char *const never[EC__MAX] = {
	[EC_UNKNOWN] = "a lost answer is waited out (LATER) or a client's",
	[EC_LIMIT] = "both slots taken is waited out (LATER)",
	[EC_USAGE] = "words of a command line",
	[EC_BUG] = "a broken invariant of libraries; test_seal",
};

/* In PROVED nothing is asked of anybody: only the store can fail, and that
 * blocks nothing. The arrow is there because any state may be stopped. */
static bool
never_blocks(enum rot_state s)
{
	return s == ROT_PROVED;
}

static bool
is_arrow(enum rot_state from, enum rot_state to)
{
	if ((to == ROT_BLOCKED && never_blocks(from)) ||
	    (from == ROT_BLOCKED && never_blocks(to)))
		return false;
	if (from != ROT_BLOCKED)
		return rotation_leads(from, to);
	/* `release` goes on in any state that can be stopped. */
	return to != ROT_BLOCKED && rotation_leads(to, ROT_BLOCKED);
}

static unsigned
row(uint64_t n, const char *kind, const char *what)
{
	printf("# %-8s %12" PRIu64 "  %s%s\n", kind, n, what,
	    n == 0 ? "  <-- NEVER" : "");
	return n == 0;
}

static unsigned
print_arrows(const struct reach *r)
{
	unsigned bad = 0;
	char text[64];

	for (unsigned s = 0; s < ROT__MAX; s++)
		bad += row(r->state[s], "state", rot_state_name(s));
	for (unsigned s = 0; s < ROT__MAX; s++) {
		for (unsigned t = 0; t < ROT__MAX; t++) {
			(void)snprintf(text, sizeof(text), "%s -> %s",
			    rot_state_name(s), rot_state_name(t));
			if (is_arrow(s, t))
				bad += row(r->arrow[s][t], "arrow", text);
			else if (r->arrow[s][t] != 0) /* not so rare, then */
				bad += row(0, "arrow", text);
		}
	}
	return bad;
}

static unsigned
print_classes(const struct reach *r)
{
	unsigned bad = 0;

	for (unsigned c = 0; c < EC__MAX; c++) {
		if (never[c] == NULL)
			bad += row(r->class[c], "class", ec_name(c));
		else if (r->class[c] != 0)
			bad += row(0, "class", ec_name(c)); /* the text lies */
		else
			printf("# class                 -  %s: never; %s\n",
			    ec_name(c), never[c]);
	}
	return bad;
}

static unsigned
print_rules(const struct reach *r)
{
	unsigned bad = 0;
	char text[120];

	for (size_t i = 0; i < COUNT(rules); i++) {
		(void)snprintf(text, sizeof(text), "found %s: %s",
		    rot_state_name(rules[i].found), rules[i].what);
		bad += row(r->rule[i], "rule", text);
	}
	return bad;
}

unsigned
reach_print(const struct reach *r, const char *const *weather,
    const char *const *people)
{
	unsigned bad = print_arrows(r) + print_rules(r);

	for (size_t i = 0; i < MODE__MAX; i++)
		if (i != MODE_B4 || r->disk > 0)
			bad += row(r->mode[i], "failure", mode_names[i]);
	for (size_t i = 0; weather[i] != NULL; i++)
		bad += row(r->weather[i], "weather", weather[i]);
	for (size_t i = 0; people[i] != NULL; i++)
		bad += row(r->person[i], "people", people[i]);
	bad += print_classes(r);
	for (size_t i = 0; i < CHECK__MAX; i++)
		bad += row(r->check[i], "check", check_names[i]);
	printf("# %" PRIu64 " rotations, %" PRIu64 " runs, %" PRIu64
	       " deaths, %" PRIu64 " calls\n",
	    r->rotations, r->runs, r->deaths, r->calls);
	return bad;
}

/* Failures of the catalogue (safety.md section 2) that have no place in this
 * world, and the tests that make them. */
static const char *const elsewhere[] = {
	"A18 no code chooses a key by its date (I5 above); test_engine",
	"A28 hostile XML: test_xml, test_iam, tests/fuzz",
	"B1 torn writes, B4 unsynced names: test_engine_disk, test_store_disk",
	"B8 bit rot: test_store_damage",
	"B9 other formats: test_store, test_record",
	"B10 each system call fails: tests/faults",
	"C1 C2 C3 C4 C5 C6 C13 C14 C16 files: test_file*, tests/crash",
	"C7 C8 C9 C10 C11 C15 syntaxes: test_edit*, tests/conform, tests/fuzz",
	"C18 programs that hang or flood: test_run, test_drv_exec",
	"C20 overrides: an unregistered use (A22); tests/conform",
	"C23 two instances, one live: tests/conform",
	"D3 D4 queues, broken settings: tests/live, test_drv_postfix",
	"D7 proof mails: test_probe",
	"E1 E2 E3 E4 E5 E7 E10 E11 E12 E13 SMTP, TLS: test_probe, tests/matrix",
	"F1 to F12 secrets: tests/leak, test_secret, test_buf, test_seal",
	"G2 G3 G4 G5 G9 G10 G11 the program around it: tests/e2e",
	"I9 a file is the old or the new one, whole: test_file*, tests/crash",
};

void
reach_print_elsewhere(void)
{
	for (size_t i = 0; i < COUNT(elsewhere); i++)
		printf("# elsewhere              -  %s\n", elsewhere[i]);
}
