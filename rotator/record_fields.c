/*
 * record_fields: what is stored of a record, as tables. A new field is a new
 * row here and nothing else; it also is a new format (REC_FORMAT), because
 * older programs refuse fields that they do not know.
 */
#include "rotator/record_p.h"

#include "base/auto.h"

static const char *
state_word(unsigned v)
{
	return v < ROT__MAX ? rot_state_name((enum rot_state)v) : NULL;
}

static const char *
client_word(unsigned v)
{
	static const char *const names[CL__MAX] = {
		[CL_PENDING] = "pending",
		[CL_WRITING] = "writing",
		[CL_ASKED] = "asked",
		[CL_LEFT] = "left",
		[CL_VERIFIED] = "verified",
	};

	return v < CL__MAX ? names[v] : NULL;
}

static const char *
key_word(unsigned v)
{
	static const char *const names[] = {
		[KEY_ACTIVE] = "Active",
		[KEY_INACTIVE] = "Inactive",
		[KEY_OTHER] = "Other",
	};

	return v < COUNT(names) ? names[v] : NULL;
}

#define AT(f) .at = offsetof(struct S, f), .size = sizeof(((struct S *)0)->f)
#define F_TEXT(f)                                                              \
	{                                                                      \
		.name = #f, .kind = TEXT, AT(f)                                \
	}
#define F_NUMBER(f)                                                            \
	{                                                                      \
		.name = #f, .kind = NUMBER, AT(f)                              \
	}
#define F_COUNTER(f)                                                           \
	{                                                                      \
		.name = #f, .kind = COUNTER, AT(f)                             \
	}
#define F_FLAG(f)                                                              \
	{                                                                      \
		.name = #f, .kind = FLAG, AT(f)                                \
	}
#define F_WORD(f, w)                                                           \
	{                                                                      \
		.name = #f, .kind = WORD, AT(f), .word = (w)                   \
	}
#define F_OBJECT(f, s)                                                         \
	{                                                                      \
		.name = #f, .kind = OBJECT, AT(f), .shape = &(s)               \
	}
#define F_LIST(f, c, s)                                                        \
	{                                                                      \
		.name = #f, .kind = LIST, .at = offsetof(struct S, f),         \
		.size = sizeof(((struct S *)0)->f[0]),                         \
		.max = COUNT(((struct S *)0)->f),                              \
		.count_at = offsetof(struct S, c), .shape = &(s)               \
	}
#define SHAPE(t)                                                               \
	{                                                                      \
		.fields = (t), .n = COUNT(t)                                   \
	}

#define S rec_password
static const struct field password_fields[] = {
	F_TEXT(region),
	F_TEXT(sealed),
};
static const struct shape password = SHAPE(password_fields);
#undef S

#define S rec_key
static const struct field key_fields[] = {
	F_TEXT(id),
	F_NUMBER(created),
	F_NUMBER(proved),
	F_NUMBER(probed),
	F_LIST(pw, n, password),
};
static const struct shape key = SHAPE(key_fields);
#undef S

#define S iam_key
static const struct field listed_fields[] = {
	F_TEXT(id),
	F_WORD(status, key_word),
	F_NUMBER(created),
};
static const struct shape listed = SHAPE(listed_fields);
#undef S

#define S iam_keys
static const struct field base_fields[] = {
	F_LIST(key, n, listed),
};
static const struct shape base = SHAPE(base_fields);
#undef S

#define S iam_use
static const struct field use_fields[] = {
	F_FLAG(never),
	F_NUMBER(at),
	F_TEXT(service),
	F_TEXT(region),
};
static const struct shape use = SHAPE(use_fields);
#undef S

#define S rec_client
static const struct field client_fields[] = {
	F_TEXT(name),
	F_WORD(state, client_word),
	F_NUMBER(since),
	F_NUMBER(asked),
	F_TEXT(pre_user),
	F_TEXT(pre_sealed),
	F_FLAG(touched),
	F_TEXT(evidence),
	F_TEXT(error),
};
const struct shape rec_client_shape = SHAPE(client_fields);
#undef S

#define S rec
static const struct field rec_fields[] = {
	F_TEXT(identity),
	F_COUNTER(version),
	F_WORD(state, state_word),
	F_WORD(resume, state_word),
	F_TEXT(rotation),
	F_NUMBER(started),
	F_TEXT(account),
	F_TEXT(user),
	F_TEXT(user_id),
	F_TEXT(endpoint),
	F_OBJECT(base, base),
	F_NUMBER(sent),
	F_NUMBER(answered),
	F_NUMBER(sent_at),
	F_OBJECT(old, key),
	F_OBJECT(new, key),
	F_TEXT(orphan),
	F_NUMBER(orphan_at),
	F_FLAG(emergency),
	F_FLAG(rollback),
	F_NUMBER(verified_at),
	F_NUMBER(inactive_at),
	F_NUMBER(off_at),
	F_OBJECT(use, use),
	F_NUMBER(use_sampled),
	F_NUMBER(failures),
	F_NUMBER(tries),
	F_NUMBER(next_at),
	F_TEXT(waiting),
	F_TEXT(alarm),
	F_TEXT(alarm_fix),
	F_NUMBER(alarm_at),
};
const struct shape rec_shape = SHAPE(rec_fields);
#undef S
