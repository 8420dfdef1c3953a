# SPDX-License-Identifier: Apache-2.0
"""sign.py SIGNREQ DIR - signatures, EKS tokens and config files as botocore has them. One `ok` or `not ok` line a claim."""
import base64, datetime, http.server, json, os, subprocess, sys, threading
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import botocore.auth, botocore.configloader, botocore.session
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

signreq, folder = sys.argv[1:]
failed = False


def claim(name, held, why=""):
    global failed
    failed |= not held
    print(f"ok {name}" if held else f"not ok {name} - {why}")


class Frozen(datetime.datetime):
    """datetime as botocore sees it, at one instant"""

    at = 0

    @classmethod
    def utcnow(cls):
        return cls.fromtimestamp(cls.at, datetime.timezone.utc).replace(tzinfo=None)

    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(cls.at, tz or datetime.timezone.utc)


def frozen(at, sign, request):
    Frozen.at = at
    now = Frozen.utcnow()
    patches = [mock.patch("botocore.auth.datetime.datetime", Frozen)] if hasattr(botocore.auth, "datetime") else []
    if hasattr(botocore.auth, "get_current_datetime"):
        patches = [mock.patch("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: now)]
    for p in patches:
        p.start()
    try:
        sign(request)
    finally:
        for p in patches:
            p.stop()


def expected(q):
    headers = list(zip(q["headers"][::2], q["headers"][1::2]))
    host = dict(headers)["Host"]
    request = AWSRequest(method=q["method"], url="https://" + host + q["target"], data=base64.b64decode(q["body"]))
    for name, value in headers:
        request.headers[name] = value
    keys = Credentials(q["id"], q["secret"], q["token"] or None)
    s3 = q["service"] == "s3"
    if q["presigned"]:
        kind = botocore.auth.S3SigV4QueryAuth if s3 else botocore.auth.SigV4QueryAuth
        given = parse_qs(urlsplit(q["presigned"]).query)
        signer = kind(keys, q["service"], q["region"], expires=int(given["X-Amz-Expires"][0]))
    else:
        signer = botocore.auth.SigV4Auth(keys, q["service"], q["region"])
        if s3:
            signer = Single(keys, q["service"], q["region"])
    frozen(q["time"], signer.add_auth, request)
    if q["presigned"]:
        return parse_qs(urlsplit(request.url).query), parse_qs(urlsplit(q["presigned"]).query)
    return request.headers["Authorization"], q["authorization"]


class Single(botocore.auth.SigV4Auth):
    """S3's own adds a header; its spelling of the path is what we are after."""

    def _normalize_url_path(self, path):
        return path


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked = presigned = 0

    def do_POST(self):
        q = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Server.asked += 1
        Server.presigned += bool(q["presigned"])
        try:
            want, got = expected(q)
            text = "" if want == got else f"want {want} got {got} for {q}"
        except Exception as e:
            text = f"{e!r} for {q}"
        self.send_response(500 if text else 200)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        pass


def signatures():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    seed = os.environ.get("SEED", str(int.from_bytes(os.urandom(3), "big")))
    p = subprocess.run([signreq, f"http://127.0.0.1:{server.server_port}", "2000", seed], capture_output=True, text=True)
    claim("2000 random requests are signed as botocore signs them", p.returncode == 0, f"SEED={seed}: {p.stdout.strip()}")
    claim("and many of them in the query", Server.asked == 2000 and Server.presigned > 400,
          f"{Server.presigned} of {Server.asked}")
    server.shutdown()


def eks_token():
    for token in ("", "session/token+=="):
        env = dict(os.environ, AWS_ACCESS_KEY_ID="AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY="secret", AWS_SESSION_TOKEN=token,
                   AWS_REGION="eu-central-1", AWS_EC2_METADATA_DISABLED="true")
        p = subprocess.run([signreq, "token", "my-cluster"], env=env, capture_output=True, text=True)
        text = p.stdout.strip()
        try:
            url = base64.urlsafe_b64decode(text.removeprefix("k8s-aws-v1.") + "==").decode()
            at = datetime.datetime.strptime(parse_qs(urlsplit(url).query)["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ")
            want = cli_token(env, at.replace(tzinfo=datetime.timezone.utc).timestamp())
        except Exception as e:
            claim("an EKS token is one", False, f"{e!r}: {text}")
            continue
        claim(f"an EKS token is the AWS CLI's of the same second{' (with a session)' if token else ''}", text == want,
              f"{text} is not {want}")


def cli_token(env, at):
    from awscli.customizations.eks.get_token import STSClientFactory, TokenGenerator

    session = botocore.session.Session()
    session.set_credentials(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env["AWS_SESSION_TOKEN"] or None)
    with mock.patch.dict(os.environ, AWS_STS_REGIONAL_ENDPOINTS="regional"):
        client = STSClientFactory(session).get_sts_client(region_name="eu-central-1")
    out = []
    frozen(at, lambda c: out.append(TokenGenerator(c).get_token("my-cluster")), client)
    return out[0]


# What both must read alike; then what both refuse; then where we differ on purpose: (file, theirs, ours).
ALIKE = [
    "[default]\nregion = eu-central-1\n[profile x]\nregion=us-east-1\noutput : text\n",
    "# c\n; c\n\n[default]\n  region = a\n  output = b\n",
    "[profile 'a b']\nregion = q\n[profile \"c d\"]\nregion=r\n[profile x]\nREGION = upper\n",
    "[default]\r\nregion = crlf\r\n\r\n[profile x]\r\nrole_arn = arn:aws:iam::1:role/x\r\n",
    "[default]\ns3 =\n  max = 1\n  min = 2\nregion = after\n",
    "[default]\nregion =\noutput = json\n",
    "[default]\nregion = a\n    b\noutput=c\n",
    "[default]\nregion = a=b:c\noutput = [x]\n[sso-session s]\nsso_region = z\n[unknown]\nq = 1\n",
    "[profile x]\nregion = \u00e9\u00fc\n  # a comment\noutput = o\n",
    "[default]\nregion = a\n\n  b\n\noutput = c\n",
    "[preview]\nregion=no\n[default]\nregion = a#b;c\n",
]
BROKEN = ["region = a\n", "[default\nregion = a\n", "[default]\nnonsense\n", "[default]\ns3 =\n  nonsense\n", "[default]\n= a\n"]
OURS = [
    ("a comment behind a value", "[default]\nregion = a # c\n", "a # c", "a"),
    ("a section that comes twice", "[default]\nregion = a\n[default]\noutput = b\n", None, "a"),
    ("a key that comes twice", "[default]\nregion = a\nregion = b\n", None, "b"),
    ("a byte order mark", "\ufeff[default]\nregion = a\n", None, "a"),
]
NAMES, KEYS = ["default", "x", "a b", "c d"], ["region", "output", "role_arn"]


def theirs(path):
    try:
        profiles = botocore.configloader.load_config(path)["profiles"]
    except Exception:
        return None
    return [profiles.get(n, {}).get(k, "") for n in NAMES for k in KEYS]


def ours(path):
    pairs = [w for n in NAMES for k in KEYS for w in (n, k)]
    env = dict(os.environ, AWS_CONFIG_FILE=path, AWS_SHARED_CREDENTIALS_FILE="/nonexistent")
    p = subprocess.run([signreq, "profiles", *pairs], env=env, capture_output=True)
    if p.returncode:
        return p.stdout.decode()
    return [json.loads(line) for line in p.stdout.decode().splitlines()]


def config_files():
    path = os.path.join(folder, "config")

    def write(text):
        with open(path, "w", newline="", encoding="utf-8") as f:
            f.write(text)

    for i, text in enumerate(ALIKE):
        write(text)
        claim(f"config file {i} reads as in botocore", ours(path) == theirs(path), f"{ours(path)} is not {theirs(path)}: {text!r}")
    for i, text in enumerate(BROKEN):
        write(text)
        said = ours(path)
        claim(f"broken config file {i} is refused as in botocore, and with its line",
              theirs(path) is None and isinstance(said, str) and f"{path} line " in said, f"{said!r}: {text!r}")
    for name, text, want, mine in OURS:
        write(text)
        got = theirs(path)
        claim(f"{name}: botocore and we differ as we say", (got[0] if got else None) == want and ours(path)[0] == mine,
              f"theirs {got} ours {ours(path)}")


signatures()
eks_token()
config_files()
sys.exit(failed)
