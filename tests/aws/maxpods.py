# SPDX-License-Identifier: Apache-2.0
# maxpods.py - see maxpods.sh.
import copy
import http.server
import json
import os
import re
import socket
import subprocess
import sys
import threading

from moto.ec2.models.instance_types import INSTANCE_TYPES, InstanceType, InstanceTypeBackend

from awstry import OUT, cli, ok, run, same

TMP = sys.argv[1]
DENIED = (403, "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized to perform this "
               "operation.</Message></Error></Errors><RequestID>r-1</RequestID></Response>")
NONE = (400, "<Response><Errors><Error><Code>InvalidInstanceType</Code><Message>The following supplied instance types do not "
             "exist: [g4ad.16xlarge]</Message></Error></Errors><RequestID>r-2</RequestID></Response>")
NO_VCPUS = (200, "<DescribeInstanceTypesResponse><requestId>r-3</requestId><instanceTypeSet><item><instanceType>g4ad.16xlarge"
                 "</instanceType><hypervisor>nitro</hypervisor><networkInfo><maximumNetworkInterfaces>8"
                 "</maximumNetworkInterfaces><ipv4AddressesPerInterface>30</ipv4AddressesPerInterface></networkInfo></item>"
                 "</instanceTypeSet></DescribeInstanceTypesResponse>")


def call(args, script=False, **env):
    """[status, stdout, stderr]"""
    argv = [TMP + "/max-pods-calculator.sh", "--cni-version", "1.23.1"] if script else [OUT + "/vpcbox", "maxpods"]
    done = subprocess.run(argv + args, capture_output=True, text=True, env=dict(os.environ, **env))
    return [done.returncode, done.stdout.strip(), done.stderr.strip()]


class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked += 1
        status, body = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args):
        pass


def answering(answer, args, script):
    """What is said beside an EC2 that has one answer, and how often that was asked."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.answer, server.asked = answer, 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    said = call(args, script, AWS_ENDPOINT_URL="http://127.0.0.1:%d" % server.server_port)
    server.shutdown()
    server.server_close()
    return said, server.asked


def describes(endpoint):
    ec2 = {"AWS_ENDPOINT_URL": endpoint}
    status, out, err = call(["--describe", "x99.large"], **ec2)
    same("--describe: EC2 knows a type that the table does not", [status, err], [0, ""])
    ok("and that is where its limits are from", out.startswith("x99.large: 234 pods\n") and "(EC2)" in out, out)
    same("the same as a number", call(["--describe", "-o", "number", "x99.large"], **ec2), [0, "234", ""])
    same("the script asks without being told to", call(["--instance-type", "x99.large"], True, **ec2), [0, "234", ""])
    same("and asks for vCPUs that the table does not know", call(["--instance-type", "g4ad.16xlarge"], True, **ec2), [0, "234", ""])
    status, out, err = call(["--describe", "-o", "json", "g4ad.16xlarge"], **ec2)
    said = json.loads(out or "{}")
    same("what EC2 does not tell is the table's: branch ENIs", [said["limits"]["source"], said["limits"]["vcpus"],
                                                               said["limits"]["branch_enis"], said["certain"]], ["EC2", 32, 6, True])
    status, out, err = call(["--describe", "x98.large"], **ec2)
    same("a type that EC2 does not know either: 1", [status, out], [1, ""])


def refusals():
    for script, args, want in ((True, ["--instance-type", "g4ad.16xlarge"], 1), (True, ["--instance-type", "x99.large"], 1),
                               (False, ["--describe", "g4ad.16xlarge"], 111), (False, ["--describe", "x99.large"], 111)):
        (status, out, err), asked = answering(DENIED, args, script)
        same("%s: EC2 denies it: status %d, no number" % (" ".join(args), want), [status, out, asked], [want, "", 1])
        ok("and its words are told", "not authorized" in err and "UnauthorizedOperation" in err, err)
    (status, out, err), asked = answering(NONE, ["--instance-type", "g4ad.16xlarge"], True)
    same("the script goes on where EC2 has forgotten the type", [status, out, asked], [0, "110", 1])
    ok("which is said in EC2's words", "nobody knows the vCPUs of g4ad.16xlarge" in err and "do not exist" in err, err)
    (status, out, err), asked = answering(NO_VCPUS, ["--instance-type", "g4ad.16xlarge"], True)
    same("and where EC2 answers without vCPUs", [status, out, asked], [0, "110", 1])
    ok("which is said", "nobody knows the vCPUs of g4ad.16xlarge; 110 is for at most 30" in err, err)
    answer, asked = answering(DENIED, ["--instance-type", "t3.medium"], True)
    same("EC2 is not asked where nothing depends on it", [answer, asked], [[0, "17", ""], 0])


def stalls():
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connections wait in its backlog for an answer
        imds = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:%d" % silent.getsockname()[1],
                "AWS_EC2_METADATA_DISABLED": "false", "AWS_METADATA_SERVICE_TIMEOUT": "1"}
        status, out, err = call(["--instance-type-from-imds"], True, **imds)
        same("the script and an IMDS that stalls: status 1, no number", [status, out], [1, ""])
        ok("and a complaint that says what was asked", "the type of this instance" in err and "127.0.0.1" in err, err)
        status, out, err = call(["--from-imds"], **imds)
        same("maxpods and an IMDS that stalls: 111", [status, out], [111, ""])


def procedure(endpoint):
    """docs/maxpods.md: aws ec2 describe-instance-types, --limits, --list -o tsv, limits.awk."""
    all_types = cli(endpoint, "ec2", "describe-instance-types")
    known = [t for t in all_types["InstanceTypes"] if len({c["MaximumNetworkInterfaces"] for c in t["NetworkInfo"]["NetworkCards"]}) == 1]
    with open(TMP + "/ec2.json", "w") as f:
        json.dump({"InstanceTypes": known}, f)
    status, out, err = call(["--limits", TMP + "/ec2.json", "--list", "-o", "tsv"])
    ok("what the AWS CLI prints of %d types is read" % len(known), status == 0 and len(known) > 300, err)
    rows = {r.split("\t")[0]: r.split("\t") for r in out.splitlines()[1:]}
    same("each with its ENIs, addresses and vCPUs",
         {t["InstanceType"]: rows[t["InstanceType"]][1:3] + [rows[t["InstanceType"]][8]] for t in known},
         {t["InstanceType"]: [str(t["NetworkInfo"]["NetworkCards"][0]["MaximumNetworkInterfaces"]),
                              str(t["NetworkInfo"]["Ipv4AddressesPerInterface"]), str(t["VCpuInfo"]["DefaultVCpus"])] for t in known})
    same("m5.large has kept its branch ENIs", rows["m5.large"][11], "9")
    done = subprocess.run(["awk", "-v", "month=2026-09", "-f", "tools/limits.awk"], input=out + "\n", capture_output=True,
                          text=True, env=dict(os.environ, LC_ALL="C"))
    same("and is made into limits.def", [done.returncode, done.stderr], [0, ""])
    same("with a row for each type", len(re.findall(r"(?m)^T\(", done.stdout)), len(rows))
    with open(TMP + "/limits.def", "w") as f:
        f.write(done.stdout)
    with open(TMP + "/try.c", "w") as f:
        f.write('#include "aws/ec2limits.c"\nint main(void)\n{\n\tstruct limits l;\n\n\tif (!limits_of("x99.large", &l))\n'
                '\t\treturn 1;\n\tprintf("%s %d %d %d %zu %s\\n", l.type, l.enis, l.ipv4, l.vcpus, limits_count(), limits_as_of());\n}\n')
    # the source beside the new limits.def, because a quoted include looks there first
    with open("aws/ec2limits.c") as source:
        os.makedirs(TMP + "/aws", exist_ok=True)
        with open(TMP + "/aws/ec2limits.c", "w") as f:
            f.write(source.read())
    os.rename(TMP + "/limits.def", TMP + "/aws/limits.def")
    built = subprocess.run(["cc", "-std=gnu11", "-Iinclude", "-I" + TMP, "-o", TMP + "/try", TMP + "/try.c"], capture_output=True, text=True)
    same("which compiles", [built.returncode, built.stderr], [0, ""])
    said = subprocess.run([TMP + "/try"], capture_output=True, text=True).stdout
    same("into a table that knows the new type", said, "x99.large 8 30 32 %d 2026-09\n" % len(rows))


def test(endpoint):
    for name in ("x99.large", "g4ad.16xlarge"):
        INSTANCE_TYPES[name] = dict(copy.deepcopy(INSTANCE_TYPES["m5.8xlarge"]), InstanceType=name)
        InstanceTypeBackend.instance_types.append(InstanceType(name))
    describes(endpoint)
    refusals()
    stalls()
    procedure(endpoint)


run(test)
