/*
 * manual_steps: see manual_steps.h. Words on a screen change now and then: a
 * preset names the whole path, so that a person finds what was moved, and
 * option `steps` takes its place when it does not.
 *
 * Sources, read in November 2026:
 * https://support.google.com/mail/answer/22370 (Gmail, "Send emails from a
 * different address or alias"); https://wpmailsmtp.com/docs/ (its settings
 * and constants); https://support.mozilla.org/kb/ (Thunderbird, outgoing
 * server, saved passwords); Outlook for Windows: File, Account Settings.
 */
#include "clients/manual_steps.h"

#include "base/auto.h"

#define LINES_MAX 8

static const struct preset {
	const char *way[LINES_MAX];  /* NULL ended */
	const char *done[LINES_MAX]; /* NULL ended */
	const char *tls[2];          /* by enum smtp_tls */
} presets[] = {
	{ .tls = { "STARTTLS", "TLS from the start (SSL/TLS)" } },
	{ .way = { "In Gmail, in a browser on a computer: gear (Settings), "
		   "See all settings,",
	      "tab \"Accounts and Import\" (in Google Workspace: "
	      "\"Accounts\"),",
	      "section \"Send mail as\", beside the alias: \"edit info\",",
	      "\"Next Step\". Keep the alias: a new one would have to be "
	      "verified." },
	    .done = { "Click \"Save Changes\". Gmail logs in at once and says "
		      "so when that fails.",
		"Write a mail with the alias as From." },
	    .tls = { "Secured connection using TLS",
		"Secured connection using SSL" } },
	{ .way = { "In Outlook for Windows: File, Account Settings, Account "
		   "Settings,",
	      "the account, \"Change...\", \"More Settings...\",",
	      "tab \"Outgoing Server\": \"Log on using\"; server and port "
	      "are under \"Advanced\".",
	      "In the new Outlook: gear (Settings), Accounts, the account, "
	      "\"Manage\"." },
	    .done = { "OK, Next (it tests the account), Finish.",
		"Send a mail from that account." },
	    .tls = { "STARTTLS", "SSL/TLS" } },
	{ .way = { "In Thunderbird: menu, Account Settings, at the end of "
		   "the list on the left",
	      "\"Outgoing Server (SMTP)\", the server, \"Edit...\": the "
	      "user name is here.",
	      "The old password: Settings, Privacy & Security, \"Saved "
	      "Passwords...\",",
	      "the line that begins with smtp://, \"Remove\"." },
	    .done = { "Send a mail: Thunderbird asks for the password; let it "
		      "be remembered." },
	    .tls = { "STARTTLS", "SSL/TLS" } },
	{ .way = { "At the device, or at its address in a browser, as "
		   "administrator:",
	      "Settings or Network, then E-mail, Scan to E-mail or SMTP: "
	      "\"Outgoing mail server\"." },
	    .done = { "Save. If there is a button for a test or connection "
		      "check, press it.",
		"Scan one page to yourself." },
	    .tls = { "STARTTLS (or TLS)", "SSL/TLS (or SSL)" } },
	{ .way = { "In the WordPress admin pages: WP Mail SMTP, Settings, tab "
		   "\"General\",",
	      "Mailer \"Other SMTP\"; authentication on.",
	      "Are the fields grey, then constants are in force: change "
	      "WPMS_SMTP_USER and",
	      "WPMS_SMTP_PASS in wp-config.php (type file, format php, can do "
	      "that itself)." },
	    .done = { "\"Save Settings\".",
		"WP Mail SMTP, Tools, \"Email Test\": send one." },
	    .tls = { "Encryption: TLS", "Encryption: SSL" } },
};

const char *const manual_presets[] = { "none", "gmail", "outlook",
	"thunderbird", "printer", "wordpress-wp-mail-smtp", NULL };

static const struct preset *
preset_at(unsigned i)
{
	return &presets[i < COUNT(presets) ? i : 0];
}

static enum ec
add(const char *const *lines, struct buf *ret, struct err *e)
{
	for (; *lines != NULL; lines++)
		TRY(buf_addf(ret, e, "     %s\n", *lines));
	return EC_OK;
}

enum ec
manual_way(unsigned preset, struct buf *ret, struct err *e)
{
	return add(preset_at(preset)->way, ret, e);
}

enum ec
manual_done(unsigned preset, struct buf *ret, struct err *e)
{
	return add(preset_at(preset)->done, ret, e);
}

const char *
manual_tls(unsigned preset, enum smtp_tls tls)
{
	return preset_at(preset)->tls[tls];
}
