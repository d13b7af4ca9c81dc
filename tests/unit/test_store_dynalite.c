/* store_dynamodb: does what every store must over dynalite as well, whose
 * parser of expressions, order of keys and limits are not moto's. */
#include "dynamo_world.h"

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CONFORM_TESTS(dynamo_make, dynamo_end),
	};
	struct err e;

	if (system("tests/dynalite.sh") != 0 || secret_init(&e) != EC_OK)
		return 1;
	door_open("dynalite");
	return cmocka_run_group_tests_name(
	    "store dynamodb over dynalite", tests, dynamo_begin, dynamo_finish);
}
