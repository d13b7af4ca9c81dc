/* arrows: the transitions of the engine, one "FROM TO" a line, for model.t.
 * What leads out of BLOCKED is a person's choice and not listed. */
#include <stdio.h>

#include "rotator/rotation.h"

int
main(void)
{
	for (int from = 0; from < ROT_BLOCKED; from++)
		for (int to = 0; to < ROT__MAX; to++)
			if (rotation_leads(
				(enum rot_state)from, (enum rot_state)to))
				printf("%s %s\n",
				    rot_state_name((enum rot_state)from),
				    rot_state_name((enum rot_state)to));
	return 0;
}
