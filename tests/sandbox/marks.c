#include "marks.h"

#include <stdlib.h>

#include "util.h"

struct mark {
	struct mark *next; /* the newest first */
	unsigned seq;
	struct user *users;
};

static struct key *
copy_key(const struct key *from, struct user *user)
{
	struct key *k = must_alloc(sizeof(*k));

	*k = *from;
	k->next = NULL;
	k->user = user;
	return k;
}

static struct user *
copy_user(const struct user *from)
{
	struct user *u = must_alloc(sizeof(*u));
	struct key **end = &u->keys;
	const struct key *k;

	*u = *from;
	u->next = NULL;
	u->keys = NULL;
	u->path = fmt("%s", from->path);
	for (k = from->keys; k != NULL; k = k->next, end = &(*end)->next)
		*end = copy_key(k, u);
	return u;
}

static struct user *
copy_users(const struct user *from)
{
	struct user *first = NULL, **end = &first;

	for (; from != NULL; from = from->next, end = &(*end)->next)
		*end = copy_user(from);
	return first;
}

void
marks_take_locked(struct sandbox *s)
{
	struct mark *m;

	if (!s->marking)
		return;
	m = must_alloc(sizeof(*m));
	*m = (struct mark){ s->marks, s->seq, copy_users(s->users) };
	s->marks = m;
}

void
marks_free_locked(struct sandbox *s)
{
	while (s->marks != NULL) {
		struct mark *m = s->marks;

		s->marks = m->next;
		users_free(m->users);
		free(m);
	}
	s->marking = false;
}

char *
marks_run_locked(struct sandbox *s, const cJSON *body)
{
	const cJSON *on = cJSON_GetObjectItemCaseSensitive(body, "on");
	const cJSON *to = cJSON_GetObjectItemCaseSensitive(body, "to");
	const struct mark *m = s->marks;

	if (cJSON_IsBool(on)) {
		s->marking = cJSON_IsTrue(on);
		marks_take_locked(s);
		return NULL;
	}
	if (!cJSON_IsNumber(to))
		return fmt("want {\"on\":true} or {\"to\":SEQ}");
	while (m != NULL && m->seq > to->valuedouble)
		m = m->next;
	if (m == NULL)
		return fmt("nothing was remembered then");
	users_free(s->users);
	s->users = copy_users(m->users);
	s->seq++; /* a moment of its own */
	marks_take_locked(s);
	return NULL;
}
