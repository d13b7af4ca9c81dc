/*
 * iam_session: an AWS session with a scripted IAM, and the replies to script
 * it with; shared by the tests of iam. Include it after cmocka.h.
 */
#ifndef TEST_IAM_SESSION_H
#define TEST_IAM_SESSION_H

#include "base/auto.h"
#include "base/clock.h"
#include "base/net.h"
#include "fake_env.h"
#include "fake_http.h"
#include "rotator/iam.h"
#include "sigv4/aws.h"

#define ID      "AKIAIOSFODNN7EXAMPLE"
#define ID2     "AKIAI44QH8DHBEXAMPLE"
#define SECRET  "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define USER    "ses-smtp-newsletter"
#define ACCOUNT "123456789012"
#define HEAD    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
#define META    "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
#define TIME    "2026-11-21T03:40:00Z"
/* The reply of an action: R(Action, inside of its result). */
#define R(action, inside)                                                         \
	{                                                                         \
		FAKE_REPLY_CLOSE,                                                 \
		    HEAD                                                          \
		    "<" action                                                    \
		    "Response xmlns='https://iam.amazonaws.com/doc/2010-05-08/'>" \
		    "<" action "Result>" inside "</" action "Result>" META        \
		    "</" action "Response>"                                       \
	}
#define KEY(user, id, status, time)                                            \
	"<member><UserName>" user "</UserName><AccessKeyId>" id                \
	"</AccessKeyId><Status>" status "</Status><CreateDate>" time           \
	"</CreateDate></member>"
#define LIST(members, tail)                                                    \
	R("ListAccessKeys",                                                    \
	    "<AccessKeyMetadata>" members "</AccessKeyMetadata>" tail)
#define LAST "<IsTruncated>false</IsTruncated>"
#define MORE(marker)                                                           \
	"<IsTruncated>true</IsTruncated><Marker>" marker "</Marker>"
#define NEW(user, id, status, secret, time)                                    \
	R("CreateAccessKey",                                                   \
	    "<AccessKey><UserName>" user "</UserName><AccessKeyId>" id         \
	    "</AccessKeyId><Status>" status                                    \
	    "</Status><SecretAccessKey>" secret                                \
	    "</SecretAccessKey><CreateDate>" time "</CreateDate>"              \
	    "</AccessKey>")

struct session {
	struct net *net;
	struct fake_env f;
	struct fake server;
	struct aws *aws;
	struct iam iam;
	char url[64];
};

static inline void
no_sleep(void *ctx, int64_t ms)
{
	(void)ctx;
	(void)ms;
}

static inline void
begin(struct session *s, const struct fake_step *script, size_t count)
{
	const struct aws_options o = { .sleep = no_sleep, .timeout_ms = 2000 };
	struct err e;

	memset(s, 0, sizeof(*s));
	fake_start(&s->server, script, count);
	fake_env_init(&s->f);
	(void)snprintf(
	    s->url, sizeof(s->url), "http://127.0.0.1:%d", s->server.port);
	fake_env_set(&s->f, "AWS_ENDPOINT_URL", s->url);
	fake_env_set(&s->f, "AWS_ACCESS_KEY_ID", ID);
	fake_env_set(&s->f, "AWS_SECRET_ACCESS_KEY", SECRET);
	assert_int_equal(net_new(NULL, &s->net, &e), EC_OK);
	assert_int_equal(aws_open(s->net, &s->f.env, &o, &s->aws, &e), EC_OK);
	iam_aws(s->aws, &s->iam);
}

static inline void
end(struct session *s)
{
	aws_close(s->aws);
	net_free(s->net);
	fake_stop(&s->server);
	fake_env_end(&s->f);
}

static inline const char *
body_of(const struct session *s, size_t i)
{
	const char *b = strstr(s->server.seen->text[i], "\r\n\r\n");

	assert_non_null(b);
	return b + 4;
}

#endif
