/*
 * libsecret_dl: libsecret and GLib, loaded when a client first needs them.
 *
 * Linking them would cost every run of every operator 2.4 MB of memory and
 * 2 ms (measured on Debian 12: 11 more libraries), also on servers without a
 * keyring. The types come from the headers, so a wrong call does not compile.
 */
#ifndef CLIENTS_LIBSECRET_DL_H
#define CLIENTS_LIBSECRET_DL_H

#include <libsecret/secret.h>

#include "base/err.h"

/* name in this table, symbol in the library */
#define LIBSECRET_FUNCTIONS(X)                                                 \
	X(service_type, secret_service_get_type)                               \
	X(service_open, secret_service_open_sync)                              \
	X(service_search, secret_service_search_sync)                          \
	X(service_store, secret_service_store_sync)                            \
	X(collection_for_alias, secret_collection_for_alias_sync)              \
	X(collection_locked, secret_collection_get_locked)                     \
	X(path, g_dbus_proxy_get_object_path)                                  \
	X(item_locked, secret_item_get_locked)                                 \
	X(item_attributes, secret_item_get_attributes)                         \
	X(item_secret, secret_item_get_secret)                                 \
	X(item_delete, secret_item_delete_sync)                                \
	X(value_new, secret_value_new)                                         \
	X(value_get, secret_value_get)                                         \
	X(value_unref, secret_value_unref)                                     \
	X(error_quark, secret_error_get_quark)                                 \
	X(io_error_quark, g_io_error_quark)                                    \
	X(dbus_error_quark, g_dbus_error_quark)                                \
	X(context_new, g_main_context_new)                                     \
	X(context_push, g_main_context_push_thread_default)                    \
	X(context_pop, g_main_context_pop_thread_default)                      \
	X(context_iteration, g_main_context_iteration)                         \
	X(bus_get, g_bus_get_sync)                                             \
	X(bus_exit_on_close, g_dbus_connection_set_exit_on_close)              \
	X(context_unref, g_main_context_unref)                                 \
	X(dbus_strip, g_dbus_error_strip_remote_error)                         \
	X(error_free, g_error_free)                                            \
	X(cancellable_new, g_cancellable_new)                                  \
	X(cancellable_cancel, g_cancellable_cancel)                            \
	X(unref, g_object_unref)                                               \
	X(list_nth_data, g_list_nth_data)                                      \
	X(list_free_full, g_list_free_full)                                    \
	X(hash_new, g_hash_table_new)                                          \
	X(hash_insert, g_hash_table_insert)                                    \
	X(hash_lookup, g_hash_table_lookup)                                    \
	X(hash_unref, g_hash_table_unref)                                      \
	X(str_hash, g_str_hash)                                                \
	X(str_equal, g_str_equal)

struct libsecret {
#define MEMBER(name, symbol) __typeof__(symbol) *(name);
	LIBSECRET_FUNCTIONS(MEMBER)
#undef MEMBER
};

/* Fills *ret; may be repeated. EC_CONFIG when the library is not installed or
 * lacks a function. It stays loaded: GLib cannot be unloaded. */
MUST enum ec libsecret_load(struct libsecret *ret, struct err *e);

#endif
