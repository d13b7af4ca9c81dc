/*
 * iam_list: ListAccessKeys with real paging. The list may be old (knob
 * stale_list_ms, or an adverse moment) and pages may be shorter than asked.
 * A marker names the last key shown, so that it stays right when keys vanish
 * between two pages.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iam.h"
#include "util.h"

#define MARKER "sbx."

static uint64_t
as_of(struct sandbox *s)
{
	uint64_t now = now_ms();
	uint64_t stale = (uint64_t)knob_num_locked(s, "stale_list_ms");

	if (stale > 0)
		return now > stale ? now - stale : 0;
	return now < s->stale_until_ms ? s->stale_from_ms : now;
}

/* 1 to 1000, or 0 for a value that AWS refuses. */
static long
max_items(const struct iam_call *c)
{
	const char *text = form_get(c->form, "MaxItems");
	char *end;
	long n;

	if (text == NULL)
		return 100;
	n = strtol(text, &end, 10);
	return end == text || *end != '\0' || n < 1 || n > 1000 ? 0 : n;
}

static long
page_size(struct sandbox *s, const struct iam_call *c)
{
	long n = max_items(c);
	long knob = (long)knob_num_locked(s, "page_size");

	if (n > 0 && c->short_page)
		return 1;
	return knob > 0 && knob < n ? knob : n;
}

static void
put_key(struct xml *list, const struct iam_call *c, const struct key *k,
    enum key_status st)
{
	struct xml *m = xml_elem(list, "member");
	const char *name = c->wrong_user ? c->wrong_user : k->user->name;
	char date[32];

	date_text(k->created, DATE_ISO, date, sizeof(date));
	xml_text(m, "UserName", name);
	xml_text(m, "AccessKeyId", k->id);
	xml_text(m, "Status", key_status_text(st));
	xml_text(m, "CreateDate", date);
}

/* The first key behind the marker; *bad when the marker is not ours. */
static const struct key *
start(const struct user *u, const char *marker, bool *bad)
{
	const struct key *k = u->keys;
	size_t n = strlen(MARKER);

	*bad = false;
	if (marker == NULL)
		return k;
	if (strncmp(marker, MARKER, n) == 0)
		for (; k != NULL; k = k->next)
			if (strcmp(k->id, marker + n) == 0)
				return k->next;
	*bad = true;
	return NULL;
}

static void
put_page(struct iam_call *c, const struct key *k, long room, uint64_t at)
{
	struct xml *r = xml_new("ListAccessKeysResult");
	struct xml *list = xml_elem(r, "AccessKeyMetadata");
	const char *last = NULL;
	char marker[64];

	for (; k != NULL; k = k->next) {
		enum key_status st = key_status_at(k, at);

		if (st == KEY_GONE)
			continue;
		if (room-- == 0)
			break;
		put_key(list, c, k, st);
		last = k->id;
	}
	xml_text(r, "IsTruncated", k != NULL ? "true" : "false");
	if (k != NULL && last != NULL) {
		(void)snprintf(marker, sizeof(marker), MARKER "%s", last);
		xml_text(r, "Marker", marker);
	}
	c->result = r;
}

void
iam_list_access_keys(struct sandbox *s, struct iam_call *c)
{
	const struct user *u = iam_subject(s, c);
	long room = page_size(s, c);
	const struct key *k;
	bool bad;

	if (u == NULL)
		return;
	k = start(u, form_get(c->form, "Marker"), &bad);
	if (room == 0 || bad) {
		c->status = 400;
		c->code = "ValidationError";
		c->message =
		    fmt("Invalid %s.", bad ? "Marker" : "MaxItems value");
		return;
	}
	put_page(c, k, room, as_of(s));
}
