/* store_dynamodb: does what every store must, over moto. */
#include "dynamo_world.h"

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CONFORM_TESTS(dynamo_make, dynamo_end),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	door_open("moto");
	return cmocka_run_group_tests_name(
	    "store dynamodb over moto", tests, dynamo_begin, dynamo_finish);
}
