/*
 * store_schema: the tables, and the questions whether a file is ours and
 * whole. To change a table is to count DB_VERSION up and to say here how the
 * older one is brought forward.
 */
#include <inttypes.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/store_p.h"

#define TEXT " TEXT NOT NULL"
#define INT  " INTEGER NOT NULL"
#define BLOB " BLOB NOT NULL"

/* As SQLite keeps them in sqlite_schema, and compares them there. */
static const char *const tables[] = {
	"CREATE TABLE root(id INTEGER PRIMARY KEY CHECK(id=1), seq" INT
	", hash" BLOB ", identities" BLOB ", holds" BLOB ") STRICT",
	"CREATE TABLE identity(name TEXT PRIMARY KEY NOT NULL, version" INT
	", fence" INT ", state" TEXT ", next_at" INT ", body" TEXT ", sum" BLOB
	") STRICT",
	"CREATE INDEX identity_due ON identity(next_at, name)",
	"CREATE TABLE event(seq INTEGER PRIMARY KEY, at" INT ", identity" TEXT
	", what" TEXT ", text" TEXT ", prev" BLOB ", hash" BLOB ") STRICT",
	"CREATE INDEX event_identity ON event(identity, seq)",
	"CREATE TABLE lease(id INTEGER PRIMARY KEY CHECK(id=1), host" TEXT
	", boot" TEXT ", space" TEXT ", pid" INT ", started" INT ", fence" INT
	", since" INT ", expires" INT ", sum" BLOB ") STRICT",
	"CREATE TABLE hold(identity TEXT PRIMARY KEY NOT NULL, since" INT
	", by" TEXT ", reason" TEXT ", sum" BLOB ") STRICT",
	"CREATE TABLE confirm(client" TEXT ", key_id" TEXT ", at" INT
	", by" TEXT ", sum" BLOB ", PRIMARY KEY(client, key_id)) STRICT",
	"CREATE TABLE meta(key TEXT PRIMARY KEY NOT NULL, value" TEXT
	", sum" BLOB ") STRICT",
};

static const char first_rows[] =
    "INSERT INTO root VALUES(1,0,zeroblob(32),zeroblob(32),zeroblob(32));"
    "INSERT INTO lease VALUES(1,'','','',0,0,0,0,0,"
    "rowsum('','','',0,0,0,0,0));";

/* No statement may come out of the file itself (triggers, views), and a page
 * that lies about its cells is found when it is read. What is replaced is
 * overwritten, so that no password of old stays in a free page. */
static const char pragmas[] =
    "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
    "PRAGMA secure_delete=ON; PRAGMA trusted_schema=OFF;"
    "PRAGMA cell_size_check=ON";

enum ec
db_set_up(struct db *d, struct err *e)
{
	(void)sqlite3_extended_result_codes(d->sql, 1);
	(void)sqlite3_busy_timeout(d->sql, DB_BUSY_MS);
	(void)sqlite3_db_config(
	    d->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
	TRY(db_add_sums(d, e));
	return db_exec(d, pragmas, e);
}

static enum ec
create(struct db *d, void *arg, struct err *e)
{
	(void)arg;
	for (size_t i = 0; i < COUNT(tables); i++)
		TRY(db_exec(d, tables[i], e));
	TRY(db_exec(d, first_rows, e));
	TRY(db_exec(d, "PRAGMA application_id=0x53455352", e));
	return db_exec(d, "PRAGMA user_version=1", e);
}

enum ec
db_create(struct db *d, struct err *e)
{
	TRY(db_write(d, create, NULL, e));
	return db_exec(d, "PRAGMA journal_mode=WAL", e);
}

/* Bytes 18 and 19 say how to write and how to read the file: 2 a write-ahead
 * log, 1 none (https://www.sqlite.org/fileformat2.html, 1.3.3). Other values
 * would show as missing permissions or files. Read through SQLite's own
 * handle: closing another one would drop the locks of this process. */
enum ec
db_check_header(struct db *d, struct err *e)
{
	unsigned char b[2] = { 0 };
	sqlite3_file *f = NULL;
	int rc =
	    sqlite3_file_control(d->sql, "main", SQLITE_FCNTL_FILE_POINTER, &f);

	if (rc == SQLITE_OK && f->pMethods != NULL)
		rc = f->pMethods->xRead(f, b, 2, 18);
	/* A file that ends before is damage; a disk that cannot read is not. */
	if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
		return db_fail(d, rc, e);
	if (b[0] != b[1] || b[0] < 1 || b[0] > 2)
		return db_damaged(
		    d, e, "its first page is not as it should be");
	return EC_OK;
}

static enum ec
check_table(struct db *d, const char *sql, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int rc = sqlite3_prepare_v2(d->sql,
	    "SELECT count(*) FROM sqlite_schema WHERE sql=?1", -1, &q, NULL);
	int64_t n = 0;

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(q, 1, sql, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(q);
	if (rc == SQLITE_ROW)
		n = sqlite3_column_int64(q, 0);
	(void)sqlite3_finalize(q);
	if (rc != SQLITE_ROW)
		return db_fail(d, rc, e);
	return n == 1 ? EC_OK : db_damaged(d, e, "its tables are not ours");
}

static enum ec
check_format(struct db *d, void *arg, struct err *e)
{
	int64_t application, version, n;

	(void)arg;
	TRY(db_number(d, "PRAGMA application_id", &application, e));
	TRY(db_number(d, "PRAGMA user_version", &version, e));
	if (application != DB_APPLICATION)
		return db_damaged(d, e, "not a database of this program");
	if (version != DB_VERSION) {
		(void)db_damaged(
		    d, e, "format %" PRId64 ", not %d", version, DB_VERSION);
		return fix(e,
		    "use the program version that wrote it, or a "
		    "newer one");
	}
	TRY(db_number(d,
	    "SELECT count(*) FROM sqlite_schema WHERE sql IS NOT NULL", &n, e));
	if (n != (int64_t)COUNT(tables))
		return db_damaged(d, e, "its tables are not ours");
	for (size_t i = 0; i < COUNT(tables); i++)
		TRY(check_table(d, tables[i], e));
	return EC_OK;
}

enum ec
db_check_format(struct db *d, struct err *e)
{
	return db_read(d, check_format, NULL, e);
}

/* Each must give 1. In this order: sums mean little on broken pages. */
static const struct fact {
	const char *sql;
	const char *broken;
} facts[] = {
	{ "SELECT integrity_check='ok' FROM pragma_integrity_check(1)",
	    "its pages do not fit together" },
	{ "SELECT count(*)=1 FROM root", "it has lost its root" },
	{ "SELECT count(*)=1 FROM lease", "it has lost its lease" },
	{ "SELECT NOT EXISTS(SELECT 1 FROM identity WHERE sum IS NOT"
	  " rowsum(name,version,fence,state,next_at,body))",
	    "a record was altered" },
	{ "SELECT (SELECT sumall(sum) FROM identity) IS identities FROM root",
	    "a record is missing" },
	{ "SELECT NOT EXISTS(SELECT 1 FROM hold WHERE sum IS NOT"
	  " rowsum(identity,since,by,reason))",
	    "a hold was altered" },
	{ "SELECT (SELECT sumall(sum) FROM hold) IS holds FROM root",
	    "a hold is missing" },
	{ "SELECT NOT EXISTS(SELECT 1 FROM confirm WHERE sum IS NOT"
	  " rowsum(client,key_id,at,by))",
	    "a confirmation was altered" },
};

enum ec
db_verify(struct db *d, struct err *e)
{
	if (d->whole)
		return EC_OK;
	/* Each fact is one statement, true of one moment: also without a
	 * transaction around them. */
	for (size_t i = 0; i < COUNT(facts); i++) {
		int64_t holds = 0;

		TRY(db_number(d, facts[i].sql, &holds, e));
		if (holds != 1)
			return db_damaged(d, e, "%s", facts[i].broken);
	}
	d->whole = true;
	return EC_OK;
}
