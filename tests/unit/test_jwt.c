/*
 * jwt: tokens against the openssl program, and keys that are refused.
 *
 * The key below signs nothing else. Its token was made by
 *   b64u() { base64 -w0 | tr '+/' '-_' | tr -d '='; }
 *   H=$(printf '{"alg":"RS256","typ":"JWT","kid":"k1"}' | b64u)
 *   P=$(printf '{"iss":"a@b","iat":1795273000}' | b64u)
 *   S=$(printf '%s.%s' "$H" "$P" | openssl dgst -sha256 -sign key.pem | b64u)
 * with OpenSSL 3.0; PKCS #1 v1.5 signatures are always the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/jwt.h"

#include <cmocka.h>

/* clang-format off */
static const char key[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC+ijQbOQhQ2MPS\n"
	"2rf6s8MUNb8p2d0t+et/J1L2aXgCa7AqQnBAAt7GpZp79yy86+5/6cAqH8wC9n8p\n"
	"PISpwG/TKg9IvfKTwh/itJJTgN8TjhkDUS3fAsvJJPZ1Y6tO1m0kedrDGLiBau6J\n"
	"Yx6cZn0Lyt3uEXZfHqxNu1FhMt1GuHg031+2OTIeaqkAbh/4BN8JJFMV3V0xYlJL\n"
	"sqaRSskShUJtg4UY7ZTLk8AiK7nfjd7qUCGgGzV1hIB1PCJC4hUBRbkX3b8ie3Ag\n"
	"2XS5//ZLyJcXT+Rb0eu/VMi0nig6ri+sw3mD2oErsisymfT+Qo98Nhit0aUKSBma\n"
	"23B+JKmLAgMBAAECggEAKaHJ287c1clfFCGtBE6lx7MspyjOrn6GaZx+gI+v5JuB\n"
	"/OHSY/IcmfvSItbxg//q9zDsR2f2LAmO5EQwWmTNKi7s8wBp0cYfMGoy9KLaWwv3\n"
	"xCVHKAyU2UjFvwV9hzbL1yX22hz7J2/lWch6BkNQfDShxCQ1oHfzvvI4SEwUVCCW\n"
	"UMy713ymBESwkSP8u9c3mXEecPzCI1VmNJyy2CtaHFbWLkBU/fAJr0VSjut0ZjEd\n"
	"8xDU5eToHU4HTgaFrmicVIhc/HINKRaIq/KsSWMoHQblx0ZzvAk9+hIChwpQtbsq\n"
	"3xx9RJU+raD9kIicrrpRJaPrVXw+WLCz6dEOwNqpBQKBgQDzM3hQ7UGqNm+4Jdf/\n"
	"7ZMcc61hm5DZ1QL4B5wgh0LbV6Wypnk7NxCrhlNpgMPaMDJEgVC9+okpfgUNq35H\n"
	"1DsmFvSFK3ZvzKIO61INh1dZdznVhp/vzc0N9EAhK+gXP1g/BZ84NSpEjSBTci8U\n"
	"F8LuFo2L090PmLa49sk4YnABrwKBgQDIkUE3j2adMOrqmYT92kzxJwexO3SDJQgE\n"
	"7S1ardvfeBVEFOgH0byYVSKzQCjgPJCQObubRO1SP8+HmMTJPnmwfiBw5hnaUHJT\n"
	"8bQhBI/cZCkEenha/EDhs/J4cXbK6MNQaPBHHcigU2HGazM/hWVOyPDtuThMczh/\n"
	"Hz/JyVFY5QKBgC3DRaSUwIJy89rG5Do4TjJQYhO33i3fM0vQwsQsL5xuhbN0N+O4\n"
	"nN5pzFBR9oicARl66+KTvjOcjv7fgkep2+dy8lgMsaCf9O6xwSLikME4+hz/1CCf\n"
	"rTIu/9I+HNIjDUvuluNQvb9gfvC0z78MKZX7kG77UuGYbumnJn4Bp+npAoGBAI7q\n"
	"iik4AquhztMqX4yvwEHaSO3uasCEY6l3A+lol5MuMyEXMJtZxWRazeYior3eCjjr\n"
	"GpayT9Va6Ns7bYXlAbtUtHMeU2+wATd1tKAOayBlMqEhT5+tveHWYsGWQEqn/3zN\n"
	"ueFDBNHReIt1mcf6msy//IW4hLhdJfXXY5G65T9NAoGAZQufcqp6sO6YrYQaSY7O\n"
	"Q2yqVeSx4V782wkMdztml+QUzK6vtPo5KvgyaTCQp2mJoQ+NmtOnJOj750E5cuB7\n"
	"INn+TtS4zQu/3gtnGDBZ7KQfZtCyfguq1R6waT+/fpUY36XRbz8RrrUT7oNIZNMi\n"
	"Xo6HPSiBWKslFgQfKq8I9Rc=\n"
	"-----END PRIVATE KEY-----\n";
static const char key_pkcs1[] =
	"-----BEGIN RSA PRIVATE KEY-----\n"
	"MIIEowIBAAKCAQEAvoo0GzkIUNjD0tq3+rPDFDW/KdndLfnrfydS9ml4AmuwKkJw\n"
	"QALexqWae/csvOvuf+nAKh/MAvZ/KTyEqcBv0yoPSL3yk8If4rSSU4DfE44ZA1Et\n"
	"3wLLyST2dWOrTtZtJHnawxi4gWruiWMenGZ9C8rd7hF2Xx6sTbtRYTLdRrh4NN9f\n"
	"tjkyHmqpAG4f+ATfCSRTFd1dMWJSS7KmkUrJEoVCbYOFGO2Uy5PAIiu5343e6lAh\n"
	"oBs1dYSAdTwiQuIVAUW5F92/IntwINl0uf/2S8iXF0/kW9Hrv1TItJ4oOq4vrMN5\n"
	"g9qBK7IrMpn0/kKPfDYYrdGlCkgZmttwfiSpiwIDAQABAoIBACmhydvO3NXJXxQh\n"
	"rQROpcezLKcozq5+hmmcfoCPr+Sbgfzh0mPyHJn70iLW8YP/6vcw7Edn9iwJjuRE\n"
	"MFpkzSou7PMAadHGHzBqMvSi2lsL98QlRygMlNlIxb8FfYc2y9cl9toc+ydv5VnI\n"
	"egZDUHw0ocQkNaB3877yOEhMFFQgllDMu9d8pgREsJEj/LvXN5lxHnD8wiNVZjSc\n"
	"stgrWhxW1i5AVP3wCa9FUo7rdGYxHfMQ1OXk6B1OB04Gha5onFSIXPxyDSkWiKvy\n"
	"rEljKB0G5cdGc7wJPfoSAocKULW7Kt8cfUSVPq2g/ZCInK66USWj61V8Pliws+nR\n"
	"DsDaqQUCgYEA8zN4UO1BqjZvuCXX/+2THHOtYZuQ2dUC+AecIIdC21elsqZ5OzcQ\n"
	"q4ZTaYDD2jAyRIFQvfqJKX4FDat+R9Q7Jhb0hSt2b8yiDutSDYdXWXc51Yaf783N\n"
	"DfRAISvoFz9YPwWfODUqRI0gU3IvFBfC7haNi9PdD5i2uPbJOGJwAa8CgYEAyJFB\n"
	"N49mnTDq6pmE/dpM8ScHsTt0gyUIBO0tWq3b33gVRBToB9G8mFUis0Ao4DyQkDm7\n"
	"m0TtUj/Ph5jEyT55sH4gcOYZ2lByU/G0IQSP3GQpBHp4WvxA4bPyeHF2yujDUGjw\n"
	"Rx3IoFNhxmszP4VlTsjw7bk4THM4fx8/yclRWOUCgYAtw0WklMCCcvPaxuQ6OE4y\n"
	"UGITt94t3zNL0MLELC+cboWzdDfjuJzeacxQUfaInAEZeuvik74znI7+34JHqdvn\n"
	"cvJYDLGgn/TuscEi4pDBOPoc/9Qgn60yLv/SPhzSIw1L7pbjUL2/YH7wtM+/DCmV\n"
	"+5Bu+1LhmG7ppyZ+Aafp6QKBgQCO6oopOAKroc7TKl+Mr8BB2kjt7mrAhGOpdwPp\n"
	"aJeTLjMhFzCbWcVkWs3mIqK93go46xqWsk/VWujbO22F5QG7VLRzHlNvsAE3dbSg\n"
	"DmsgZTKhIU+frb3h1mLBlkBKp/98zbnhQwTR0XiLdZnH+prMv/yFuIS4XSX112OR\n"
	"uuU/TQKBgGULn3KqerDumK2EGkmOzkNsqlXkseFe/NsJDHc7ZpfkFMyur7T6OSr4\n"
	"MmkwkKdpiaEPjZrTpyTo++dBOXLgeyDZ/k7UuM0Lv94LZxgwWeykH2bQsn4LqtUe\n"
	"sGk/v36VGN+l0W8/Ea61E+6DSGTTIl6Ohz0ogVirJRYEHyqvCPUX\n"
	"-----END RSA PRIVATE KEY-----\n";
static const char key_ec[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgK6ttuTYa33GDN9Sp\n"
	"RNqDUonaoC2PYxgiwnWiLpDngVOhRANCAATqv9NsIdNG5bEMERYEvH7LBVSDlm47\n"
	"HwwiGKGJPKB2ejX4tUliD1eWFC7Q5HF8PNRwV00g2VPgt5dcxQywEQKI\n"
	"-----END PRIVATE KEY-----\n";
static const char key_small[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBANf70Kb1G8G2HLoG\n"
	"Op5/H+BS0vE8nXjXWbhX0N7lrywLH4Lnpd+bKWMXcayLUIzW53gTmXR1DuHtoai8\n"
	"shZ2NOXr7T2Vh90U8zSbSgOxNm5zejbYiaCXsWP/6yS130M1O4BKlaCtOKNVLBkC\n"
	"QPTspoE53sF3qRmLkRRizDRZP31hAgMBAAECgYEAkxRLWXauyTJPy6o0PvzI40Tj\n"
	"mx2xCrpzwaIjfbahnHeSpN1Eysnp3C353gsc9lveUpneNT0FvnrJTJP7Hmqux+ef\n"
	"aJKwpw+TgVkUm0h2sxFei2QZLZTcyT6DH1+pnDlSUpuhi5roZz/einDl8qs0G9QF\n"
	"a+NX7edSCumN4P1Gm1UCQQDux9eFLtaAmVwP6GUziABdDgF7W4TNey6V4XkSvGvk\n"
	"gFvFnozoQ9lStUSWnCV3zj3eZql33LfMwSt5xsVc4+E3AkEA548diPeEjmHQWY6f\n"
	"gvboy6pPSa9wNYK5EzZ85mvtKLw4sZ1crHIJpqbufSjsPtWMumDnI8hQPirJakmJ\n"
	"PUhCJwJAcTDktqrEXkPUw2m8B5iR64rHIw34P1wEcmJm/X26e6BpYJ3PWA9Jxw5M\n"
	"zESK8mcfJv1tmndT3ck4bcrPJkCUMwJBAJimnE3i/pvul6+yei2YIDfDeqmU4mAk\n"
	"YWXtEcHFfH7SNn3Aw4tbUklu2uHfzH5PwYpMv5OzRlL1Wfqbp8GilRkCQQCucZiz\n"
	"yPB+Q67zEROCspbvY/M+6tbhFK0T8TF7rZZSTM5SEWt9joKskfcuPJofbyriqk2l\n"
	"h8QpmGGz8d/CbHTY\n"
	"-----END PRIVATE KEY-----\n";
static const char key_locked[] =
	"-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
	"MIIFLTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQITdqGp//N2egCAggA\n"
	"MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAECBBC75r+naff9b80XiwWsUVORBIIE\n"
	"0GjI//YbreNvlfch5sq/rWOmkIYyRhcopTpaFDilRl5D5HFFpvrpmVcWpiXy4bks\n"
	"P7JttmP0AJhwM9aSr/nIjMp8K+oYXpRXNzNpJpotOqjqtEe1oTsXNtnX46bgqFRH\n"
	"UDexq5Qxn5FkzKXbjhOTcxQf3hGneYny9EfZ768wGjblO4mS2drDzjQMCvJL9mNi\n"
	"Xmsupuxqe0nLkkcEhWOtgJ7ttNrmYsp2pqe6SNviItthJ8AzW1C/vHJ5ZiVSglr5\n"
	"e0peFvX2cDefwzBmSOzV9fOKTb5B5TKORJJ4e796jo4TJtms8KbEoBNNH5c4T5y0\n"
	"WrK7OhLQiREVCOH0pz3Wfx2OtroAkM5qVwQVOiqiMZ3gbRxnLHqX5e1wQTkqdQJz\n"
	"rkn4tSp+wLJrUzM7S2cie7zCLNtQuG+B4OHWb/jqETVADfQOzYLOruSYSXmqcEmG\n"
	"wNNGGRgjqefc2cLuO09dq9nejDdqOfbA666pSezZsTVWdceKOlITdGo/VrXrrEKd\n"
	"PffKpf0qrn5HomrZZDXRW1k1C1wwOIeGCA99nmf3WNN08LDfHdxJZvZj0f9WpRzV\n"
	"vH4yOE77ggCm55UfhIQvzdQkXWcjC0j/zCNXuR5ph402bJRaVfc35sR46aopvm57\n"
	"dhU5tKY740NyR3ef7hykiQnt+QH6INoK65NWFrX5nI5j4ddRg3OPOi4TBcHgoyG9\n"
	"iSCIUNbFqVEjR+6oj071Eqtf/QCMV4FdIt9y2UNq6tKgyBWDpboZlYMncuYG52l6\n"
	"kuTNloF2ajm7EqB+3xlPk2z4u4xHNDPGFYh4488WEc3R/57lI4+YsBbWjsX4FpR0\n"
	"/7xlQDv/T3z7LP+beJTyyedMSj5cSzHVEJP94qzqLzB+7KuJa3KBz7C04d+S7mmN\n"
	"z6u0mx5WeJHWeowdvG+9IA2UX1GVfVOhiUt2xqA03sREeWMR3LF2abO+RdluJr8J\n"
	"j0SU8O25WPyVQ6MIP+JqXsPCBGRahz4opJpD4XKOb+KnfWsDYYBLey772ckPsue2\n"
	"2dcrUTBR1Ta0lefsXbQDL2YOaLOalkY8lAR6oraCxbpvnCcLKlaqBw0b0XSvwMSN\n"
	"Ypsi+WWUA8ROQxlIZjSN1BJGsfUj2ehm0NBKdKUinoI/TYjj8IqbIaI98q+HQDWJ\n"
	"hxW1vZi4QQC2qzDILk2+D11rGytcM8WXO3uMmofLzlZfhg09Al+MhV9ZUuiQn3Qo\n"
	"fc2axgobQsNbYzTgmMAjZL0L0g3EjOK4kPZpCrjsBvTVP78ZISbFOqjI48GKvyEl\n"
	"fnhUDovhymOS4vul0IykwJuN+9D2Rd8WzwCALmlfCEdcHpIZ1McG9lFPuS/HDXAl\n"
	"E/xEDV2JrbbNU842yQnucifWyNADlORMPrAQyrF61SnBN63skJfdA3ze8mOd7Vch\n"
	"RRRsttwCOdGoWmTmUIyxJ2+IOeD99C7oTjlp/9e97OD3i1yVx5sKNtg2vsWxxV5p\n"
	"6i2lcJ0sF/Rvi6J/cDfqUDC5sUDc2l4xiHpv6KcmIX9msQVMh3fefFCo+ga9YmIl\n"
	"yzzVDTiL1gniCTXGnvpMTOG/0DuRrpESXKJCN4xwQJSo7JaGoH3TbVYQ44JtpTVT\n"
	"dBC2x5fdmZu3gES41moVI3g264+gkGiFYKHucZxoPtJ9\n"
	"-----END ENCRYPTED PRIVATE KEY-----\n";
static const char token[] =
	"eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpc3MiOiJh"
	"QGIiLCJpYXQiOjE3OTUyNzMwMDB9.FrTz6fXsmRiY22_P0zACiBYguhDObWL6HjQ"
	"USulg5jDx0tfqiEn6i0Sv6Zu4wkNGiGMIbg8ROX7JHafJ7RswplKbKC2LNt6xWZ2"
	"Q4JVkzxpTFWZpYAa16uAxEY4TUm_SlSgqwlJ5S8rkAiWFQ9lhNj1UVAnKDStuvoj"
	"IgTrIy1IVRpCewcObJD4N_TrY-m_bCmxWfBpEkSQm67AOd3JiSyZJ3V6LDVdUuQm"
	"sOdfvja6wNK1FsdBv_LMS_yShrEvAp00m3PmcAZX-p6EUYSlcf6ixcNtF4oezLaK"
	"YcNAw4L-7KNZLiI9N8Ii5cbRf5nAcyZEZILI_GA_uYgZRbJwyUw";
/* clang-format on */

static enum ec
parse(const char *pem, EVP_PKEY **ret, struct err *e)
{
	AUTO(secret) struct secret *s = NULL;

	assert_int_equal(secret_new(pem, strlen(pem), &s, e), EC_OK);
	return jwt_key_parse(s, "key.pem", ret, e);
}

static void
signs(const char *pem)
{
	AUTO(jwt_key) EVP_PKEY *k = NULL;
	AUTO(secret) struct secret *got = NULL;
	AUTO(json) cJSON *claims = cJSON_CreateObject();
	struct err e;

	(void)cJSON_AddStringToObject(claims, "iss", "a@b");
	(void)cJSON_AddNumberToObject(claims, "iat", 1795273000);
	assert_int_equal(parse(pem, &k, &e), EC_OK);
	assert_int_equal(jwt_sign(claims, "k1", k, &got, &e), EC_OK);
	assert_string_equal(secret_reveal(got), token);
}

static void
known_token(void **state)
{
	(void)state;
	signs(key);
	signs(key_pkcs1);
}

static void
no_kid(void **state)
{
	static const char head[] = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.";
	AUTO(jwt_key) EVP_PKEY *k = NULL;
	AUTO(secret) struct secret *got = NULL;
	AUTO(json) cJSON *claims = cJSON_CreateObject();
	struct err e;

	(void)state;
	assert_int_equal(parse(key, &k, &e), EC_OK);
	assert_int_equal(jwt_sign(claims, NULL, k, &got, &e), EC_OK);
	assert_memory_equal(secret_reveal(got), head, strlen(head));
	assert_int_equal(jwt_sign(NULL, NULL, k, &got, &e), EC_NOMEM);
}

/* RFC 4648, 10, without padding; and the two letters that differ. */
static void
base64url(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = { { "", "" }, { "f", "Zg" }, { "fo", "Zm8" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg" }, { "fooba", "Zm9vYmE" },
		{ "foobar", "Zm9vYmFy" }, { "\xfb\xff\xbf", "-_-_" } };
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf b = BUF(64);

		assert_int_equal(
		    jwt_base64url(rows[i].in, strlen(rows[i].in), &b, &e),
		    EC_OK);
		assert_string_equal(buf_str(&b), rows[i].out);
	}
}

/* Refused without asking anybody for a passphrase. */
static void
bad_keys(void **state)
{
	const char *const bad[] = { key_ec, key_small, key_locked, "no key",
		"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"
		"\n" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		AUTO(jwt_key) EVP_PKEY *k = NULL;

		assert_int_equal(parse(bad[i], &k, &e), EC_CONFIG);
		assert_non_null(strstr(e.what, "key.pem: no"));
		assert_null(k);
	}
}

static int
start(void **state)
{
	struct err e;

	(void)state;
	return secret_init(&e) == EC_OK ? 0 : -1;
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_token),
		cmocka_unit_test(no_kid),
		cmocka_unit_test(base64url),
		cmocka_unit_test(bad_keys),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
