# SPDX-License-Identifier: Apache-2.0
# ec2tool.py - vpcbox's EC2 wrappers through build/tools/awscorpus, and what they read beside what boto3 reads.
import ipaddress
import json
import os
import subprocess

from awstry import OUT, Tool

PROGRAM = OUT + "/tools/awscorpus"


class Ec2(Tool):
    def __init__(self, endpoint, command=(PROGRAM,)):
        self.child = subprocess.Popen(command, env=dict(os.environ, AWS_ENDPOINT_URL=endpoint), text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def tables():
    return json.loads(subprocess.check_output([PROGRAM, "tables"]))


def reach(shape, value, path):
    """What boto3 has at a path of EC2's XML: all (shape, value) that match; the element called item repeats."""
    if value is None:
        return []
    if not path:
        return [(shape, value)]
    if shape.type_name == "list":
        return [hit for v in value for hit in reach(shape.member, v, path[1:])]
    for name, member in shape.members.items():
        if member.serialization.get("name", name) == path[0]:
            return reach(member, value.get(name), path[1:])
    return []  # ec2wire.py knows which EC2 does not have


def plain(v):
    """0, false and nothing are one; an IPv6 block may be written in more than one way."""
    try:
        return str(ipaddress.IPv6Interface(v)) if isinstance(v, str) and "/" in v else str(v or "")
    except ValueError:
        return str(v)


def differences(table, ours, shape, seen, where=""):
    """Where the wrapper has read something else than boto3, field by field of what the wrapper knows."""
    out = []
    for path, field in table.items():
        mine, theirs = (ours or {}).get(path), reach(shape, seen, path.split("/"))
        at = where + "/" + path
        if field["of"] is None and not isinstance(mine, list):
            theirs = theirs[0][1] if theirs else None
            if theirs is not None and isinstance(theirs, list):
                out += ["%s: a list" % at] if theirs else []
            elif plain(mine) != plain(theirs) and mine is not None or mine is None and plain(theirs):
                out.append("%s: %r, boto3 has %r" % (at, mine, theirs))
            continue
        mine = mine if isinstance(mine, list) else [mine] if mine else []
        if len(mine) != len(theirs):
            out.append("%s: %d, boto3 has %d" % (at, len(mine), len(theirs)))
        for m, (s, t) in zip(mine, theirs):
            if field["of"] is not None:
                out += differences(field["of"], m, s, t, at)
            elif plain(m) != plain(t):
                out.append("%s: %r, boto3 has %r" % (at, m, t))
    return out
