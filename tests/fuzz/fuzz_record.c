/*
 * Any text as a stored record: what rec_decode() accepts is written and read
 * again without a change; what it refuses is EC_DAMAGED, and nothing else.
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
	if (rec_decode(buf_str(&in), &a, &e) != EC_OK) {
		demand(e.ec == EC_DAMAGED);
		return 0;
	}
	demand(rec_encode(&a, &one, &e) == EC_OK);
	demand(rec_decode(one.p, &b, &e) == EC_OK);
	demand(rec_encode(&b, &two, &e) == EC_OK);
	demand(strcmp(one.p, two.p) == 0);
	return 0;
}
