/* listener: see listener.h. */
#include "listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "util.h"

struct in_addr
listener_loopback(void)
{
	return (struct in_addr){ .s_addr = htonl(INADDR_LOOPBACK) };
}

int
listener_open(struct in_addr address, uint16_t *port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = address };
	char text[INET_ADDRSTRLEN] = "";
	socklen_t len = sizeof(a);

	a.sin_port = htons(*port);
	if (fd < 0)
		die("socket: %s", strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(fd, 512) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		die("cannot listen on %s:%u: %s",
		    inet_ntop(AF_INET, &address, text, sizeof(text)), *port,
		    strerror(errno));
	*port = ntohs(a.sin_port);
	return fd;
}
