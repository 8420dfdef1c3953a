# SPDX-License-Identifier: Apache-2.0
# members.py - every member of every structure of ELBv2, ACM and the tagging API: random requests go out as botocore would
# send them, random answers are read as botocore reads them. Seeded: each run is the same.
import http.server
import json
import random
import threading
import urllib.parse
from xml.sax.saxutils import escape

import botocore.parsers
import botocore.serialize
import botocore.session
import botocore.validate
from awstry import Tool, known, ok, plain, run, same, tables

ROUNDS = 20
SERVICES = {"Elastic Load Balancing v2": ("elbv2", "query"), "ACM": ("acm", "json"),
            "Resource Groups Tagging API": ("resourcegroupstaggingapi", "json")}
LETTERS = "abcXYZ019-_.:/*?&=<>\"'%+;,#{}[]\\ äß…水𝒳"


def text(r):
    return "".join(r.choice(LETTERS) for _ in range(r.randint(1, 12))).strip() or "x"


def number(r):
    return r.randint(1, 2**31 - 1)


# ---- requests, from vpcbox's own tables


def arguments(r, fields):
    out = {}
    for i, f in enumerate(fields):
        if not f["sent"] or (out or i < len(fields) - 1) and r.random() < .4:
            continue
        if f["kind"] == "list":
            v = [arguments(r, f["of"]) for _ in range(r.randint(1, 3))]
        elif f["kind"] == "structure":
            v = arguments(r, f["of"])
        else:
            v = {"string": text, "integer": number, "boolean": lambda r: True,
                 "strings": lambda r: [text(r) for _ in range(r.randint(1, 12))],
                 "map": lambda r: {text(r): text(r) for _ in range(3)}}[f["kind"]](r)
        at, path = out, f["received"].split("/")
        for name in path[:-1]:
            at = at.setdefault(name, {})
        at[path[-1]] = v
    return out


def sent_by_botocore(protocol, op, args):
    report = botocore.validate.ParamValidator().validate(args, op.input_shape).generate_report().splitlines()
    wrong = [x for x in report if not x.startswith(("Missing required parameter", "Invalid length"))]
    if wrong:
        return {"botocore refuses": wrong}
    q = botocore.serialize.create_serializer(protocol, include_validation=False).serialize_to_request(args, op)
    if protocol == "query":
        return {k: str(v) for k, v in q["body"].items()}
    return {"target": q["headers"]["X-Amz-Target"], "body": json.loads(q["body"])}


def sent_by_us(protocol, headers, body):
    if protocol == "query":
        return dict(urllib.parse.parse_qsl(body, keep_blank_values=True, strict_parsing=True))
    return {"target": headers["X-Amz-Target"], "body": json.loads(body)}


# ---- answers, from botocore's model


def value(r, shape, path):
    kind = shape.type_name
    if kind == "structure":
        return {k: value(r, m, path + (k,)) for k, m in shape.members.items() if r.random() < .8}
    if kind == "list":
        return [value(r, shape.member, path) for _ in range(r.randint(0, 3))]
    if kind == "map":
        return {text(r): text(r) for _ in range(r.randint(0, 3))}
    return {"string": text, "integer": number, "long": number, "boolean": lambda r: r.random() < .5,
            "timestamp": lambda r: 1700000000, "double": lambda r: 1.5}[kind](r)


def xml(shape, v):
    if shape.type_name == "structure":
        return "".join("<%s>%s</%s>" % (k, xml(shape.members[k], x), k) for k, x in v.items())
    if shape.type_name == "list":
        return "".join("<member>%s</member>\n" % xml(shape.member, x) for x in v)
    if shape.type_name == "map":
        return "".join("<entry><key>%s</key><value>%s</value></entry>" % (escape(k), escape(x)) for k, x in v.items())
    return str(v).lower() if isinstance(v, bool) else escape(str(v))


def answer(r, act, protocol, op):
    """The answer as bytes."""
    shape, v = op.output_shape, {}
    if shape:
        v = {k: value(r, m, (k,)) for k, m in shape.members.items()}
        for k in ("NextMarker", "NextToken", "PaginationToken"):
            v.pop(k, None)
        if op.name.startswith("Create"):
            v[act["list"]] = [value(r, shape.members[act["list"]].member, ())]
    if protocol == "json":
        return json.dumps(v).encode()
    if op.name == "DescribeTags":
        v["TagDescriptions"] = v["TagDescriptions"][:1]
    inside = xml(shape, v) if shape else ""
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<{0}Response xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/">\n'
            " <{0}Result>{1}</{0}Result><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></{0}Response>\n"
            .format(op.name, inside).encode())


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answer = got = None

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        Server.got = self.headers, body
        self.send_response(200)
        self.send_header("Content-Length", str(len(Server.answer)))
        self.end_headers()
        self.wfile.write(Server.answer)

    def log_message(self, *_):
        pass


# ---- what is not there


def lacking(shape, fields, path, found):
    """Required members of the model that vpcbox cannot send."""
    names = {}
    for f in fields:
        head, _, rest = f["received"].partition("/")
        names.setdefault(head, []).append(dict(f, received=rest) if rest else f)
    for name, m in shape.members.items():
        if name not in names:
            if name in shape.required_members:
                found.append(".".join(path + (name,)))
            continue
        while m.type_name == "list":
            m = m.member
        if m.type_name == "structure":
            of = names[name][0].get("of") if names[name][0]["received"] == name else names[name]
            if of is not None and len(path) < 8:
                lacking(m, of, path + (name,), found)


def test(_):
    server = http.server.HTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    tool = Tool("http://127.0.0.1:%d" % server.server_port)
    session = botocore.session.get_session()
    for act in tables():
        service, protocol = SERVICES[act["service"]]
        op = session.get_service_model(service).operation_model(act["name"])
        r = random.Random(act["name"])
        sent, read = [[], []], [[], []]
        for _ in range(ROUNDS):
            args = arguments(r, act["in"])
            Server.answer = answer(r, act, protocol, op)
            got = tool(act["name"], **args)
            if Server.got:  # DescribeTags of nothing asks nothing
                sent[0].append(sent_by_us(protocol, *Server.got))
                sent[1].append(sent_by_botocore(protocol, op, args))
            Server.got = None
            parsed = botocore.parsers.create_parser(protocol).parse(
                {"status_code": 200, "headers": {}, "body": Server.answer}, op.output_shape)
            if act["list"]:
                parsed = {act["list"]: [known(act["out"], x) for x in parsed.get(act["list"], [])]}
            else:
                parsed = known(act["out"], parsed)
            read[0].append(plain(got))
            read[1].append(plain(parsed))
        same("%s is sent as botocore sends it" % act["name"], *sent)
        same("%s is read as botocore reads it" % act["name"], *read)
        if act["list"]:
            ok("%s: the answers are not empty" % act["name"], any(read[0]))
        found = []
        lacking(op.input_shape, act["in"], (act["name"],), found)
        same("%s: no required member is missing" % act["name"], found, [])
    same("awstry ends well", tool.end(), 0)
    server.shutdown()


run(test)
