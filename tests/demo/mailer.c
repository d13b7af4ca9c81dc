/*
 * mailer: an application that sends mail all the time, for the demo. Before
 * each message it reads its .env file, as an application that was restarted
 * or reads its configuration anew would. Counts what SES accepted; prints one
 * line a failure and one line at the end. Ends with SIGTERM.
 *
 *   mailer ENV-FILE smtp://HOST:PORT CA-FILE
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

static volatile sig_atomic_t over;

static void
on_term(int sig)
{
	(void)sig;
	over = 1;
}

static void
env_value(const char *path, const char *key, char ret[256])
{
	char line[512];
	FILE *f = fopen(path, "re");
	const size_t n = strlen(key);

	ret[0] = '\0';
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, key, n) == 0 && line[n] == '=') {
			line[strcspn(line, "\n")] = '\0';
			(void)snprintf(ret, 256, "%s", line + n + 1);
		}
	if (f != NULL)
		(void)fclose(f);
}

struct mail {
	const char *text;
	size_t left;
};

static size_t
more(char *p, size_t size, size_t n, void *arg)
{
	struct mail *m = arg;
	size_t k = size * n < m->left ? size * n : m->left;

	memcpy(p, m->text, k);
	m->text += k;
	m->left -= k;
	return k;
}

static CURLcode
send_one(char *const argv[], long *ret_code)
{
	static const char text[] = "From: app@example.com\r\n"
				   "To: success@simulator.amazonses.com\r\n"
				   "Subject: hello\r\n\r\nstill here\r\n";
	struct mail m = { text, sizeof(text) - 1 };
	struct curl_slist *to =
	    curl_slist_append(NULL, "<success@simulator.amazonses.com>");
	char user[256], pass[256];
	CURL *h = curl_easy_init();
	CURLcode rc;

	env_value(argv[1], "SMTP_USER", user);
	env_value(argv[1], "SMTP_PASS", pass);
	(void)curl_easy_setopt(h, CURLOPT_URL, argv[2]);
	(void)curl_easy_setopt(h, CURLOPT_CAINFO, argv[3]);
	(void)curl_easy_setopt(h, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	(void)curl_easy_setopt(h, CURLOPT_USERNAME, user);
	(void)curl_easy_setopt(h, CURLOPT_PASSWORD, pass);
	(void)curl_easy_setopt(h, CURLOPT_MAIL_FROM, "<app@example.com>");
	(void)curl_easy_setopt(h, CURLOPT_MAIL_RCPT, to);
	(void)curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
	(void)curl_easy_setopt(h, CURLOPT_READFUNCTION, more);
	(void)curl_easy_setopt(h, CURLOPT_READDATA, &m);
	(void)curl_easy_setopt(h, CURLOPT_TIMEOUT, 10L);
	rc = curl_easy_perform(h);
	(void)curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, ret_code);
	curl_easy_cleanup(h);
	curl_slist_free_all(to);
	return rc;
}

int
main(int argc, char **argv)
{
	const struct sigaction sa = { .sa_handler = on_term };
	unsigned ok = 0, bad = 0;

	if (argc != 4)
		return 64;
	(void)sigaction(SIGTERM, &sa, NULL);
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	while (!over) {
		long code = 0;
		CURLcode rc = send_one(argv, &code);

		if (rc == CURLE_OK) {
			ok++;
		} else {
			bad++;
			(void)printf("mail refused: %ld %s\n", code,
			    curl_easy_strerror(rc));
		}
		(void)usleep(100000);
	}
	(void)printf("%u messages accepted, %u refused\n", ok, bad);
	return bad != 0;
}
