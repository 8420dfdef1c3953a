# SPDX-License-Identifier: Apache-2.0
# awstry.py - what the Python tests of this folder share: claims, moto's server on loopback in this process, and vpcbox's
# wrappers through build/tools/awstry, which speaks in the API's own names.
import difflib
import json
import logging
import os
import subprocess
import sys
import traceback

from moto.server import ThreadedMotoServer

OUT = os.environ["OUT"]
REGION = "eu-central-1"
failed = 0


def ok(claim, held=True, why="it does not hold"):
    global failed
    if held:
        print("ok", claim)
    else:
        failed = 1
        print("not ok %s - %s" % (claim, why))
    sys.stdout.flush()


def same(claim, got, want):
    ok(claim, got == want, "the two differ")
    if got != want:
        texts = [json.dumps(v, default=str, sort_keys=True, indent=1).splitlines() for v in (want, got)]
        for line in difflib.unified_diff(*texts, "want", "got", lineterm=""):
            print("#", line)


class Refused(Exception):
    def __init__(self, error):
        super().__init__(error["message"])
        self.code, self.num, self.message = error["code"], error["class"], error["message"]


class Tool:
    """awstry: each call is a line to it and a line back."""

    def __init__(self, endpoint):
        env = dict(os.environ, AWS_ENDPOINT_URL=endpoint)
        self.child = subprocess.Popen([OUT + "/tools/awstry"], env=env, text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, action, **args):
        self.child.stdin.write("%s %s\n" % (action, json.dumps(args)))
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        if not line:
            raise RuntimeError("awstry ended in %s" % action)
        said = json.loads(line)
        if "error" in said:
            raise Refused(said["error"])
        return said["answer"]

    def refused(self, claim, code, num, action, **args):
        try:
            answer = self(action, **args)
        except Refused as e:
            same(claim, [e.code, e.num], [code, num])
        else:
            ok(claim, False, "it was done: %s" % answer)

    def end(self):
        self.child.stdin.close()
        return self.child.wait()


def cli(endpoint, *args):
    """The answer to `aws ARGS`."""
    aws = os.path.join(os.path.dirname(sys.executable), "aws")
    done = subprocess.run([aws, "--endpoint-url", endpoint, "--output", "json", *args], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError("aws %s: %s" % (" ".join(args), done.stderr))
    return json.loads(done.stdout or "null")


def tables():
    return json.loads(subprocess.check_output([OUT + "/tools/awstry", "tables"]))


def known(fields, seen):
    """Of what boto3 has read, the members that vpcbox knows, without those that say nothing."""
    out = {}
    for f in fields:
        v, path = seen, f["received"].split("/")
        for name in path:
            v = v.get(name) if isinstance(v, dict) else None
        if f["kind"] == "list":
            v = [known(f["of"], x) for x in v or []]
        elif f["kind"] == "structure" and v is not None:
            v = known(f["of"], v)
        if v in (None, "", 0, [], {}) or not f["received"]:
            continue
        at = out
        for name in path[:-1]:
            at = at.setdefault(name, {})
        at[path[-1]] = v
    return out


def plain(v):
    """The same of what awstry has read."""
    if isinstance(v, dict):
        v = {k: plain(x) for k, x in v.items()}
        return {k: x for k, x in v.items() if x not in (None, "", 0, [], {})}
    return [plain(x) for x in v] if isinstance(v, list) else v


def run(test):
    """test(endpoint) against a server of its own; ends the process."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    for name in [n for n in os.environ if n.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY="secret", AWS_REGION=REGION,
                      AWS_DEFAULT_REGION=REGION, AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null",
                      AWS_EC2_METADATA_DISABLED="true", NO_PROXY="*", MOTO_ACCOUNT_ID="123456789012")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        test("http://127.0.0.1:%d" % server.get_host_and_port()[1])
    except Exception:
        traceback.print_exc(file=sys.stdout)
        ok("the test runs to its end", False, "see above")
    finally:
        server.stop()
    sys.exit(failed)
