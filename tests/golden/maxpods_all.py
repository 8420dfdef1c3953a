# SPDX-License-Identifier: Apache-2.0
# maxpods_all.py - every type in modes that a list does not show: columns for all.tsv, each held against arithmetic on the
# table's facts; and each formula that --explain shows, reckoned and held against the number beside it.
import json
import re
import subprocess
import sys

vpcbox, facts, table = sys.argv[1:]
facts = {t["type"]: t for t in json.load(open(facts))}
PREFIX, CUSTOM, GROUPS = "--cni-prefix-delegation-enabled", "--cni-custom-networking-enabled", "--security-groups-for-pods"
MODES = {
    "plain": [], "prefix": [PREFIX], "groups": [GROUPS, "--cni-max-eni", "1", CUSTOM], "trunk": [GROUPS],
    "none": ["--cni-max-eni", "0", CUSTOM, PREFIX], "expression": [PREFIX, CUSTOM, "--cni-max-eni", "2"],
}
wrong = {"formulas": [], "columns": [], "expressions": []}


def ask(kind, options):
    out = subprocess.run([vpcbox, "maxpods", "-o", "json", kind] + options, stdout=subprocess.PIPE, check=True).stdout
    return json.loads(out)


def reckon(formula):
    if not re.fullmatch(r"[0-9 ()*+,-]|([0-9 ()*+,-]|min|max)+", formula):
        raise ValueError(formula)
    return eval(formula, {"min": min, "max": max, "__builtins__": {}})


def expression(note, fact):
    """nodeadm's, in CEL; its a<b?c:d is the only thing that Python says otherwise."""
    cel = re.search("'(.*)': (-?[0-9]+)$", note)
    text = re.sub(r"\((\w+)<(\w+)\?(\w+):(\w+)\)", r"(\3 if \1 < \2 else \4)", cel[1])
    return eval(text, {"default_enis": fact["enis"], "ips_per_eni": fact["ipv4_per_eni"], "__builtins__": {}}), int(cel[2])


def row(kind):
    f = facts[kind]
    e, i, trunk = f["enis"], f["ipv4_per_eni"] - 1, (f["branch_enis"] or 0) > 0
    many = f["hypervisor"] == "nitro" or f["bare_metal"]
    want = {"plain": e * i + 2, "prefix": e * i * (16 if many else 1) + 2, "trunk": (e - trunk) * i + 2,
            "groups": 2, "none": (e - 1) * i * (16 if many else 1) + 2, "expression": (min(2, e) - 1) * i * (16 if many else 1) + 2}
    cells = []
    for mode, options in MODES.items():
        said = ask(kind, options)
        if reckon(said["formula"]) != said["max_pods"]:
            wrong["formulas"].append([kind, mode, said["formula"], said["max_pods"]])
        by = {v["by"]: v for v in said["explain"]}
        for v in said["explain"]:
            if reckon(v["formula"]) != v["max_pods"] or v["addresses"] != max(0, v["max_pods"] - 2):
                wrong["formulas"].append([kind, mode, v])
        if by["ipamd"]["max_pods"] != want[mode]:
            wrong["columns"].append([kind, mode, by["ipamd"], want[mode]])
        cells.append(str(by["ipamd"]["max_pods"]))
        if mode == "expression":
            reckoned, claimed = expression(by["nodeadm"]["note"], f)
            right = (min(2, e) - 1) * i * (16 if f["hypervisor"] == "nitro" else 1) + 2
            if not reckoned == claimed == right:
                wrong["expressions"].append([kind, by["nodeadm"]["note"], right])
            cells.append(str(claimed))
    return cells


lines = [line.rstrip("\n") for line in open(table)]
names = ["ipamd:" + mode for mode in MODES] + ["nodeadm:expression"]
print(lines[0] + "\t" + "\t".join(names))
for line in lines[1:]:
    print(line + "\t" + "\t".join(row(line.split("\t")[0])))
failed = 0
for claim, bad in (("each formula gives the number beside it, for every type and mode", wrong["formulas"]),
                   ("ipamd's numbers are arithmetic on the table's facts", wrong["columns"]),
                   ("nodeadm's expressions give what they claim", wrong["expressions"])):
    print("not ok %s - %d do not" % (claim, len(bad)) if bad else "ok " + claim)
    for b in bad[:10]:
        print("#", b)
    failed |= bool(bad)
sys.exit(failed)
