/*
 * vault_kv: one secret of a KV version 2 engine, with check-and-set.
 * https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2
 */
#ifndef CLIENTS_VAULT_KV_H
#define CLIENTS_VAULT_KV_H

#include "clients/vault.h"

enum vault_kv_state {
	VAULT_KV_THERE,
	VAULT_KV_ABSENT,  /* never written, or removed with all versions */
	VAULT_KV_DELETED, /* the newest version is deleted or destroyed */
};

struct vault_kv {
	enum vault_kv_state state;
	long version; /* newest, 0 when absent */
	/* An object, as Vault sent it, so that what is beside our keys stays as
	 * it is; empty unless there. */
	struct buf text;
};
void auto_vault_kv(struct vault_kv *kv);

/* Changes nothing. EC_OK also for what is absent or deleted. EC_CONFIG: the
 * engine is of version 1, which has no check-and-set. */
MUST enum ec vault_kv_get(const struct vault *v, const char *mount,
    const char *path, struct vault_kv *ret, struct err *e);

/* EC_GONE with the remedy for what is absent or deleted. Pure. */
MUST enum ec vault_kv_there(const struct vault_kv *kv, const char *mount,
    const char *path, struct err *e);

/*
 * Writes kv->text as the next version. EC_TEMP: kv->version is not the newest
 * any more, nothing was written. EC_UNKNOWN: it may be written.
 */
MUST enum ec vault_kv_put(const struct vault *v, const char *mount,
    const char *path, const struct vault_kv *kv, struct err *e);

/*
 * May the token write the secret? Asks only. EC_DENIED with the line that the
 * policy lacks; *ret_asked false: Vault would not tell.
 */
MUST enum ec vault_kv_may_write(const struct vault *v, const char *mount,
    const char *path, const struct vault_kv *kv, bool *ret_asked,
    struct err *e);

#endif
