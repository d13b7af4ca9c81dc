"""Was there one writer at a time, and was nothing lost? For hosts.t.

    judge.py clients DIR CONTROL LEFT IDENTITY...
        each client holds a pair that SES accepts; of each user LEFT keys are
        left (-1: any number), all of them in use
    judge.py writes DIR CONTROL DOOR FROM LATE
        what the door of DynamoDB wrote down since its write FROM, and the
        sandbox of IAM, neither of which knows of leases; LATE effects at most
        were on their way when the lease of their doer was lost

Says what is wrong and ends with 1.
"""
import json
import re
import ssl
import sys
import time
import urllib.request

MUTATIONS = ('CreateAccessKey', 'UpdateAccessKey', 'DeleteAccessKey')
HOSTS = {'A': 1, 'B': 2, 'C': 3, 'D': 4}
wrong = []


def must(true, *what):
    if not true:
        wrong.append(' '.join(map(str, what)))


def get(url, body=None):
    context = ssl.create_default_context(cafile=DIR + '/../sandbox/ca.pem') \
        if url.startswith('https') else None
    with urllib.request.urlopen(url, body, context=context) as r:
        return json.load(r)


def host_of(peer):
    """10.N.L.2 is host N, by whichever link it came; the cloud is 0."""
    n = int(peer.split('.')[1])
    return n if peer.startswith('10.') and n != 9 else 0


# --- writes ---

def check_order(done):
    """Each is built on the one before, and no fence goes back or has two
    masters."""
    masters = {}
    for was, w in zip(done, done[1:]):
        must(w['base'] == was['rev'] and int(w['rev']) == int(was['rev']) + 1,
             'two writes are built on one: rev', was['rev'], 'then', w['rev'], 'on', w['base'])
        must(int(w['fence']) - int(was['fence']) in (0, 1),
             'fence', was['fence'], 'then', w['fence'])
        must(w['fence'] != was['fence'] or int(was['pid']) != 0 or
             (w['beat'] == was['beat'] and int(w['pid']) == 0),
             'fence', w['fence'], 'was used by host', host_of(w['from']), 'when nobody had it')
    for w in done:
        host = host_of(w['from'])
        if int(w['pid']) != 0 and host != 0:
            must(masters.setdefault(w['fence'], (host, w['session'])) == (host, w['session']),
                 'fence', w['fence'], 'was used by two: hosts', masters[w['fence']][0], host)


def check_records(done):
    versions = {}
    for w in done:
        for r in w['records']:
            must(r['fence'] == w['fence'] and int(w['pid']) != 0,
                 r['s'], 'was written with fence', r['fence'], 'under', w['fence'])
            must(int(r['version']) == versions.get(r['s'], 0) + 1,
                 r['s'], 'version', r['version'], 'after', versions.get(r['s'], 0))
            versions[r['s']] = int(r['version'])


def check_effects(leases, effects, late):
    """leases: [(ms, host)], from then on; 0: nobody."""
    strays = 0
    for ms, host, what in sorted(effects):
        before = [h for t, h in leases if t < ms]
        # what was noted in one millisecond stands in either order
        with_ = {h for t, h in leases if t == ms} | set(before[-1:])
        if host in with_:
            continue
        strays += 1
        must(strays <= late, what, 'by host', host, 'while the lease was with', with_)


def pushes():
    """By the clock that the others use: since boot, which nobody moves here."""
    off = int((time.time() - time.monotonic()) * 1000)
    with open(DIR + '/pushes') as f:
        for line in f:
            ms, host = line.split()
            # the program is ended by then, but the two clocks are rounded
            yield int(ms) - off, HOSTS[host], 'a push'


def writes(door, since, late):
    log = get(CONTROL + '/log?all=1')
    came = get(door + '/strict/log', json.dumps({'after': int(since)}).encode())['writes']
    done = [w for w in came if w['status'] == 200]
    check_order(done)
    check_records(done)
    effects = [(c['ms'], host_of(c['peer']), c['action']) for c in log
               if c.get('action') in MUTATIONS and c.get('effect')]
    effects += pushes()
    check_effects([(w['ms'], host_of(w['from']) if int(w['pid']) else 0) for w in done],
                  effects, int(late))
    for c in log:
        must(c['event'] != 'auth_bad', 'a login with a pair that is refused:',
             c.get('key'), c.get('why'))
    print('%d writes (%d refused), %d effects, %d leases' % (
        len(done), len(came) - len(done), len(effects), len({w['fence'] for w in done})))


# --- clients ---

def held(path):
    with open(path) as f:
        return re.search(r'^SMTP_USER=(.*)\nSMTP_PASS=(.*)\n', f.read(), re.M).groups()


def clients(left, *identities):
    users = {u['name']: {k['id']: k['status'] for k in u['keys']}
             for u in get(CONTROL + '/state')['users']}
    for name in identities:
        keys = users['ses-' + name]
        for path in (DIR + '/%s.env' % name, DIR + '/relay-%s.env' % name):
            key, password = held(path)
            must(keys.get(key) == 'Active', path, 'holds', key, 'which is', keys.get(key))
            if key in keys:
                right = get(CONTROL + '/key/%s/password?region=us-east-1' % key)['password']
                must(password == right, path, 'holds another password than that of', key)
        must(int(left) < 0 or list(keys.values()) == ['Active'] * int(left), name, 'has', keys)


WHAT, DIR, CONTROL = sys.argv[1:4]
{'writes': writes, 'clients': clients}[WHAT](*sys.argv[4:])
for w in wrong[:20]:
    print('wrong: ' + w)
sys.exit(1 if wrong else 0)
