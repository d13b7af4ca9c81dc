/*
 * Any text as a stored record: what rec_decode() accepts is written and read
 * again without a change; what it refuses is EC_DAMAGED, and nothing else.
 * What rec_read() takes is what rec_decode() makes of it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/record.h"

#define MAX ((size_t)4 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(int good)
{
	if (!good)
		abort();
}

static void
quick(const char *json)
{
	AUTO(buf) struct buf x = BUF(MAX);
	AUTO(buf) struct buf y = BUF(MAX);
	AUTO(rec) struct rec a = { 0 };
	AUTO(rec) struct rec b = { 0 };
	struct err e;

	if (!rec_read(json, &a))
		return;
	demand(rec_decode(json, &b, &e) == EC_OK);
	demand(rec_encode(&a, &x, &e) == EC_OK);
	demand(rec_encode(&b, &y, &e) == EC_OK);
	demand(strcmp(x.p, y.p) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf) struct buf in = BUF(MAX);
	AUTO(buf) struct buf one = BUF(MAX);
	AUTO(buf) struct buf two = BUF(MAX);
	AUTO(rec) struct rec a = { 0 };
	AUTO(rec) struct rec b = { 0 };
	struct err e;

	if (size > 65536 || buf_add(&in, data, size, &e) != EC_OK)
		return 0;
	quick(buf_str(&in));
	if (rec_decode(buf_str(&in), &a, &e) != EC_OK) {
		demand(e.ec == EC_DAMAGED);
		return 0;
	}
	demand(rec_encode(&a, &one, &e) == EC_OK);
	quick(one.p);
	demand(rec_decode(one.p, &b, &e) == EC_OK);
	demand(rec_encode(&b, &two, &e) == EC_OK);
	demand(strcmp(one.p, two.p) == 0);
	return 0;
}
