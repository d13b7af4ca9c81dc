/*
 * heard: words of a program or a service, as far as a person may see them.
 */
#ifndef CLIENTS_HEARD_H
#define CLIENTS_HEARD_H

#include <stddef.h>

/*
 * s made printable into ret (n bytes, cut if too long; n > 40). A text in
 * which an SMTP password stands is withheld whole, and said to be so.
 */
void heard_show(const char *s, char *ret, size_t n);

#endif
