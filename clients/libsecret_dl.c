/* libsecret_dl: see libsecret_dl.h. */
#include "clients/libsecret_dl.h"

#include <dlfcn.h>
#include <stddef.h>

#include "base/auto.h"

#define LIBRARY "libsecret-1.so.0"

static const struct {
	const char *symbol;
	size_t slot;
} functions[] = {
#define ROW(name, symbol) { #symbol, offsetof(struct libsecret, name) },
	LIBSECRET_FUNCTIONS(ROW)
#undef ROW
};

enum ec
libsecret_load(struct libsecret *ret, struct err *e)
{
	struct libsecret f;
	/* Its dependencies are searched too, so GLib needs no own handle. */
	void *lib = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	if (lib == NULL) {
		(void)fail(e, EC_CONFIG,
		    LIBRARY " cannot be loaded; it is needed for clients of "
			    "type secret-service");
		return fix(e, "apt install libsecret-1-0");
	}
	for (size_t i = 0; i < COUNT(functions); i++) {
		/* The idiom of dlsym(3); gcc and clang let void * alias all
		 * other pointers. */
		/* cppcheck-suppress uninitvar ; only its address is taken */
		void **p = (void **)(void *)((char *)&f + functions[i].slot);

		*p = dlsym(lib, functions[i].symbol);
		if (*p == NULL)
			return fail(e, EC_CONFIG, LIBRARY " has no %s",
			    functions[i].symbol);
	}
	*ret = f;
	return EC_OK;
}
