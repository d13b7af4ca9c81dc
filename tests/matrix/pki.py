"""Certificates, good and wrong in one way each, made with openssl(1).

make(DIR) leaves ca.pem, the only authority that the program is told of, and
for every name in LEAVES a file NAME.pem with chain and key."""
import os
import subprocess

OPENSSL = """\
[ca]
default_ca = any
[any]
new_certs_dir = {dir}
database = {dir}/index
rand_serial = yes
default_days = 30
policy = any_policy
unique_subject = no
[any_policy]
commonName = supplied
"""
CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
LEAF = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
SERVER = "extendedKeyUsage=serverAuth\n"
SAN = "subjectAltName=DNS:localhost,IP:127.0.0.1\n"
FULL = LEAF + SERVER + SAN
PAST = ("20200101000000Z", "20210101000000Z")
FUTURE = ("20480101000000Z", "20490101000000Z")
# DNS:"localhost" NUL ".evil.test": some compare only up to the NUL
NUL = "subjectAltName=DER:3016821" "4" + "localhost\0.evil.test".encode().hex() + "\n"

# name: (issuer or None, extensions, more options of openssl ca, key)
AUTHORITIES = {
    "ca": (None, CA, (), "EC"),
    "stranger": (None, CA, (), "EC"),
    "old-root": (None, CA, PAST, "EC"),
    "middle": ("ca", CA, (), "EC"),
    "middle-expired": ("ca", CA, PAST, "EC"),
    "middle-no-ca": ("ca", LEAF, (), "EC"),
    "middle-no-sign": ("ca", "basicConstraints=critical,CA:TRUE\n"
                       "keyUsage=critical,digitalSignature\n", (), "EC"),
    "middle-elsewhere": ("ca", CA + "nameConstraints=critical,permitted;DNS:"
                         "elsewhere.test\n", (), "EC"),
    "middle-excluded": ("ca", CA + "nameConstraints=critical,excluded;DNS:"
                        "localhost,excluded;IP:127.0.0.0/255.0.0.0\n", (), "EC"),
    "middle-short": ("ca", CA.replace("TRUE", "TRUE,pathlen:0"), (), "EC"),
    "middle-below": ("middle-short", CA, (), "EC"),
    "middle-sha1": ("ca", CA, ("-md", "sha1"), "EC"),
    "middle-rsa": ("ca", CA, (), "RSA2048"),
    "middle-1024": ("ca", CA, (), "RSA1024"),
}
# name: (issuer or None, extensions, more options, key, chain)
LEAVES = {
    "good": ("ca", FULL, (), "EC", ()),
    "good-chain": ("middle", FULL, (), "EC", ("middle",)),
    "good-rsa": ("ca", FULL, (), "RSA2048", ()),
    "good-wildcard": ("ca", LEAF + SERVER + "subjectAltName=DNS:*.test.localhost\n",
                      (), "EC", ()),
    "expired": ("ca", FULL, PAST, "EC", ()),
    "not yet valid": ("ca", FULL, FUTURE, "EC", ()),
    "wrong name": ("ca", LEAF + SERVER + "subjectAltName=DNS:other.test\n", (),
                   "EC", ()),
    "no SAN": ("ca", LEAF + SERVER, (), "EC", ()),
    "only an address": ("ca", LEAF + SERVER + "subjectAltName=IP:127.0.0.1\n", (),
                        "EC", ()),
    "only a name": ("ca", LEAF + SERVER + "subjectAltName=DNS:localhost\n", (),
                    "EC", ()),
    "address as a name": ("ca", LEAF + SERVER + "subjectAltName=DNS:127.0.0.1\n",
                          (), "EC", ()),
    "wildcard too deep": ("ca", LEAF + SERVER + "subjectAltName=DNS:*.test."
                          "localhost\n", (), "EC", ()),
    "wildcard for all": ("ca", LEAF + SERVER + "subjectAltName=DNS:*\n", (), "EC",
                         ()),
    "NUL in the name": ("ca", LEAF + SERVER + NUL, (), "EC", ()),
    "self-signed": (None, FULL, (), "EC", ()),
    "unknown authority": ("stranger", FULL, (), "EC", ()),
    "unknown authority, sent along": ("stranger", FULL, (), "EC", ("stranger",)),
    "expired authority": ("old-root", FULL, (), "EC", ("old-root",)),
    "missing intermediate": ("middle", FULL, (), "EC", ()),
    "expired intermediate": ("middle-expired", FULL, (), "EC",
                             ("middle-expired",)),
    "intermediate is no CA": ("middle-no-ca", FULL, (), "EC", ("middle-no-ca",)),
    "intermediate may not sign": ("middle-no-sign", FULL, (), "EC",
                                  ("middle-no-sign",)),
    "leaf signed by a leaf": ("good", FULL, (), "EC", ("good",)),
    "path too long": ("middle-below", FULL, (), "EC",
                      ("middle-below", "middle-short")),
    "name not permitted": ("middle-elsewhere", FULL, (), "EC",
                           ("middle-elsewhere",)),
    "name excluded": ("middle-excluded", FULL, (), "EC", ("middle-excluded",)),
    "for clients only": ("ca", LEAF + SAN + "extendedKeyUsage=clientAuth\n", (),
                         "EC", ()),
    "unknown critical extension": ("ca", FULL + "1.2.3.4=critical,DER:0500\n", (),
                                   "EC", ()),
    "MD5 signature": ("middle-rsa", FULL, ("-md", "md5"), "EC", ("middle-rsa",)),
    "SHA-1 signature": ("ca", FULL, ("-md", "sha1"), "EC", ()),
    "SHA-1 intermediate": ("middle-sha1", FULL, (), "EC", ("middle-sha1",)),
    "RSA of 1024 bits": ("ca", FULL, (), "RSA1024", ()),
    "RSA of 1024 bits above": ("middle-1024", FULL, (), "EC", ("middle-1024",)),
}
# What a careless machine would accept; the program must not.
LAX = """\
openssl_conf = lax
[lax]
ssl_conf = lax_ssl
[lax_ssl]
system_default = lax_default
[lax_default]
MinProtocol = TLSv1
CipherString = ALL:COMPLEMENTOFALL:@SECLEVEL=0
"""
KEYS = {"EC": "ec:prime256v1", "RSA2048": "rsa:2048", "RSA1024": "rsa:1024"}


def openssl(*args):
    done = subprocess.run(["openssl", *args], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(args)}: {done.stderr}")


def sign(where, name, issuer, extensions, more, key):
    base = f"{where}/{name}"
    with open(base + ".ext", "w") as f:
        f.write(extensions)
    alg = KEYS[key]
    openssl("genpkey", "-out", base + ".key", "-algorithm", "EC", "-pkeyopt",
            "ec_paramgen_curve:prime256v1") if key == "EC" else \
        openssl("genpkey", "-out", base + ".key", "-algorithm", "RSA",
                "-pkeyopt", "rsa_keygen_bits:" + alg[4:])
    openssl("req", "-new", "-key", base + ".key", "-out", base + ".csr", "-subj",
            "/CN=localhost" if name in LEAVES and not name == "wrong name"
            else f"/CN={name}")
    if more and more[0] != "-md":
        more = ("-startdate", more[0], "-enddate", more[1])
    if "-md" not in more:
        more = (*more, "-md", "sha256")
    ca = ("-selfsign", "-keyfile", base + ".key") if issuer is None else \
        ("-cert", f"{where}/{issuer}.crt", "-keyfile", f"{where}/{issuer}.key")
    openssl("ca", "-config", where + "/openssl.cnf", "-batch", "-notext", "-in",
            base + ".csr", "-out", base + ".crt", "-extfile", base + ".ext",
            *ca, *more)


def make(where):
    os.mkdir(where, 0o700)
    with open(where + "/openssl.cnf", "w") as f:
        f.write(OPENSSL.format(dir=where))
    with open(where + "/lax.cnf", "w") as f:
        f.write(LAX)
    open(where + "/index", "w").close()
    for name, (issuer, ext, more, key) in AUTHORITIES.items():
        sign(where, name, issuer, ext, more, key)
    for name, (issuer, ext, more, key, chain) in LEAVES.items():
        sign(where, name, issuer, ext, more, key)
        with open(f"{where}/{name}.pem", "w") as out:
            for part in (f"{name}.crt", *(f"{c}.crt" for c in chain),
                         f"{name}.key"):
                with open(f"{where}/{part}") as f:
                    out.write(f.read())
    os.rename(where + "/ca.crt", where + "/ca.pem")
