/* exit: the documented exit codes, one row an error class. */
#ifndef ROTATOR_EXIT_H
#define ROTATOR_EXIT_H

#include "base/err.h"

int exit_code(enum ec ec);
/* One line for `rotate help` and the man page's table: NULL when the class
 * shares its code with an earlier one. */
const char *exit_meaning(enum ec ec);

#endif
