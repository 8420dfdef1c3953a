# SPDX-License-Identifier: Apache-2.0
# sts.py - STS against moto, which checks signatures and policies here: roles are assumed by vpcbox, and boto3 and the AWS CLI
# see who they are; the chain of credentials by profile and by web identity; signed calls over IPv6.
import datetime
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import urllib.request

import boto3
from awstry import OUT, REGION, Tool, cli, ok, run, same
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.server import ThreadedMotoServer

ACCOUNT = "123456789012"
ROLE = "arn:aws:iam::%s:role/r" % ACCOUNT
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]})
WEB = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


class Sts(Tool):
    def __init__(self, endpoint, **env):
        env = {k: v for k, v in dict(os.environ, AWS_ENDPOINT_URL=endpoint, **env).items() if v is not None}
        self.child = subprocess.Popen([OUT + "/tools/awssts"], env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def once(endpoint, action, args={}, **env):
    """One call of a session by itself."""
    tool = Sts(endpoint, **env)
    try:
        return tool(action, **args)
    finally:
        tool.end()


def with_keys(endpoint, answer):
    return boto3.client("sts", REGION, endpoint_url=endpoint, aws_access_key_id=answer["AccessKeyId"],
                        aws_secret_access_key=answer["SecretAccessKey"], aws_session_token=answer["SessionToken"])


def plain(identity):
    return {k: identity[k] for k in ("Account", "Arn", "UserId")}


def people(endpoint):
    """A user and a role who may do everything; from now on moto asks who calls."""
    iam = boto3.client("iam", REGION, endpoint_url=endpoint)
    iam.create_user(UserName="u")
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=ALLOW)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=ALLOW)
    key = iam.create_access_key(UserName="u")["AccessKey"]
    os.environ.update(AWS_ACCESS_KEY_ID=key["AccessKeyId"], AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"])
    set_auth(endpoint, 0)


def set_auth(endpoint, calls):
    """After so many calls moto asks for keys, signatures and policies."""
    ask = urllib.request.Request(endpoint + "/moto-api/reset-auth", str(calls).encode(), {"Content-Type": "text/plain"})
    urllib.request.urlopen(ask).read()


def calls(endpoint):
    tool = Sts(endpoint)
    me = tool("GetCallerIdentity")
    sts = boto3.session.Session().client("sts", endpoint_url=endpoint)
    same("GetCallerIdentity: boto3 sees the same", me, plain(sts.get_caller_identity()))
    same("and the AWS CLI", me, plain(cli(endpoint, "sts", "get-caller-identity")))
    same("we are the user", me["Arn"], "arn:aws:iam::%s:user/u" % ACCOUNT)
    bad = Sts(endpoint, AWS_SECRET_ACCESS_KEY="another")
    bad.refused("moto checks signatures", "SignatureDoesNotMatch", "EACCES", "GetCallerIdentity")
    bad.end()

    before = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    role = tool("AssumeRole", RoleArn=ROLE, RoleSessionName="a=b@c", DurationSeconds=900, ExternalId="x&y=z")  # moto takes a blank for a +
    until = datetime.datetime.fromisoformat(role["Expiration"].replace("Z", "+00:00"))
    ok("AssumeRole: the keys last as long as was asked", 900 <= (until - before).total_seconds() <= 960, role["Expiration"])
    same("boto3 with the keys is the role", with_keys(endpoint, role).get_caller_identity()["Arn"], role["Arn"])
    same("the role's session is ours", role["Arn"], "arn:aws:sts::%s:assumed-role/r/a=b@c" % ACCOUNT)
    env = dict(AWS_ACCESS_KEY_ID=role["AccessKeyId"], AWS_SECRET_ACCESS_KEY=role["SecretAccessKey"],
               AWS_SESSION_TOKEN=role["SessionToken"])
    same("so are we", once(endpoint, "GetCallerIdentity", **env)["Arn"], role["Arn"])
    tool.refused("a session's name that is too long", "ValidationError", "EINVAL", "AssumeRole", RoleArn=ROLE, RoleSessionName="x" * 65)
    same("awssts ends well", tool.end(), 0)


def web_identity(endpoint):
    """No keys at all: the call is not signed, so moto may not ask for any."""
    env = dict(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    set_auth(endpoint, 1)
    role = once(endpoint, "AssumeRoleWithWebIdentity", dict(RoleArn=ROLE, RoleSessionName="w", WebIdentityToken=WEB), **env)
    same("AssumeRoleWithWebIdentity: boto3 with the keys is the role", with_keys(endpoint, role).get_caller_identity()["Arn"], role["Arn"])
    same("its session is ours", role["Arn"], "arn:aws:sts::%s:assumed-role/r/w" % ACCOUNT)


def chain(endpoint, folder):
    """Sessions that find their keys by themselves."""
    def write(name, text):
        path = os.path.join(folder, name)
        with open(path, "w") as f:
            f.write(text)
        return path

    keys = dict(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    files = dict(
        AWS_CONFIG_FILE=write("config", "[profile p]\nrole_arn = %s\nsource_profile = u\nrole_session_name = by-profile\n"
                              "[profile u]\naws_session_token = of-other-keys\n" % ROLE),
        AWS_SHARED_CREDENTIALS_FILE=write("credentials", "[u]\naws_access_key_id = %s\naws_secret_access_key = %s\n" % (
            os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])))
    got = once(endpoint, "GetCallerIdentity", AWS_PROFILE="u", **keys, **files)
    same("a profile's keys are who calls", got["Arn"], "arn:aws:iam::%s:user/u" % ACCOUNT)
    got = once(endpoint, "GetCallerIdentity", AWS_PROFILE="p", **keys, **files)
    same("a profile's role is who calls", got["Arn"], "arn:aws:sts::%s:assumed-role/r/by-profile" % ACCOUNT)
    set_auth(endpoint, 1)
    got = once(endpoint, "GetCallerIdentity", AWS_WEB_IDENTITY_TOKEN_FILE=write("token", WEB + "\n"), AWS_ROLE_ARN=ROLE,
               AWS_ROLE_SESSION_NAME="irsa", **keys)
    same("a web identity's role is who calls", got["Arn"], "arn:aws:sts::%s:assumed-role/r/irsa" % ACCOUNT)


class Checker(http.server.BaseHTTPRequestHandler):
    """A service that computes each request's signature with botocore, from what came over the wire."""

    ANSWER = b"""<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:six</Arn><UserId>U</UserId><Account>6</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""
    seen = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        given = dict(p.split("=", 1) for p in self.headers["Authorization"].split(" ", 1)[1].split(", "))
        request = AWSRequest("POST", "http://%s%s" % (self.headers["Host"], self.path), data=body,
                             headers={k: self.headers[k] for k in given["SignedHeaders"].split(";")})
        request.context["timestamp"] = self.headers["X-Amz-Date"]
        auth = SigV4Auth(Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]), "sts", REGION)
        held = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request) == given["Signature"]
        self.seen.append((held, self.headers["Host"], "host" in given["SignedHeaders"].split(";"), body))
        self.send_response(200 if held else 403)
        self.send_header("Content-Length", str(len(self.ANSWER)))
        self.end_headers()
        self.wfile.write(self.ANSWER)

    def log_message(self, *args):
        pass


class Server6(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6


def over_ipv6():
    moto = ThreadedMotoServer(ip_address="::1", port=0, verbose=False)
    moto.start()
    try:
        at = "http://[::1]:%d" % moto.get_host_and_port()[1]
        tool = Sts(at)
        same("over IPv6 moto takes our signature", tool("GetCallerIdentity")["Arn"], "arn:aws:iam::%s:user/u" % ACCOUNT)
        role = tool("AssumeRole", RoleArn=ROLE, RoleSessionName="six")
        same("and gives us a role", role["Arn"], "arn:aws:sts::%s:assumed-role/r/six" % ACCOUNT)
        tool.end()
    finally:
        moto.stop()
    with Server6(("::1", 0), Checker) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        same("over IPv6 botocore's signature is ours", once("http://[::1]:%d" % port, "GetCallerIdentity")["Arn"], "arn:six")
        server.shutdown()
    same("its host is in brackets, and signed", Checker.seen,
         [(True, "[::1]:%d" % port, True, b"Action=GetCallerIdentity&Version=2011-06-15")])


def test(endpoint):
    people(endpoint)
    calls(endpoint)
    web_identity(endpoint)
    chain(endpoint, sys.argv[1])
    over_ipv6()


run(test)
