#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""nms_zabbix.py TEMPLATE [WALK | objects=FILE]

Holds the Zabbix template against what Zabbix takes: structure, words, UUIDs, that names lead somewhere;
and against what an agent serves, if WALK is the output of snmpwalk -On of everything: every OID is there
with the type that the item wants, and discovery finds a name for every row.

With the output of schema-objects: items have the types, words and tables of the MIB's objects, and discovery finds
the rows of the table that its items are of.

Without WALK the OIDs are printed, one a line with the wanted type, for who holds them against the MIB.
"""
import re
import sys

import yaml

TYPES = {"UNSIGNED", "FLOAT", "CHAR"}
UUID = re.compile(r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}")
STEPS = {"DISCARD_UNCHANGED_HEARTBEAT", "CHANGE_PER_SECOND", "MULTIPLIER", "JAVASCRIPT"}
PRIORITIES = {"INFO", "WARNING", "AVERAGE", "HIGH", "DISASTER"}
TRIGGER = {"uuid", "expression", "name", "priority", "tags"}
ITEM = {"uuid", "key", "name", "type", "snmp_oid", "description", "tags"}
MORE = {"value_type", "trends", "units", "valuemap", "preprocessing"}
RULE = {"uuid", "key", "name", "type", "snmp_oid", "delay", "description", "item_prototypes"}
SNMP = {
    "UNSIGNED": {"INTEGER", "Gauge32", "Counter32"},
    "FLOAT": {"INTEGER", "Gauge32", "Counter64"},
    "CHAR": {"STRING", '""', "Hex-STRING"},
}

OBJECT = {
    "UNSIGNED": {"Integer32", "Unsigned32", "Gauge32", "Counter32", "Counter64", "TimeStamp", "TruthValue",
                 "Enumeration"},
    "CHAR": {"SnmpAdminString", "DisplayString", "DateAndTime"},
}
OBJECT["FLOAT"] = OBJECT["UNSIGNED"] - {"TruthValue", "Enumeration"}
PARAMETERS = {
    "CHANGE_PER_SECOND": "",
    "MULTIPLIER": r"\d+(\.\d+)?",
    "DISCARD_UNCHANGED_HEARTBEAT": r"\d+[smhdw]",
    "JAVASCRIPT": r"(?s).*\breturn\b.*",
}

failures = []
uuids = set()


def check(ok, *what):
    if not ok:
        failures.append(" ".join(str(w) for w in what))


def keys(what, has, must, may=()):
    check(set(has) >= set(must), what, "lacks", set(must) - set(has))
    check(set(has) <= set(must) | set(may), what, "has unknown", set(has) - set(must) - set(may))


def uuid(entry):
    u = entry.get("uuid", "")
    check(isinstance(u, str) and UUID.fullmatch(u), "not a UUID of version 4:", u)
    check(u not in uuids, "twice:", u)
    uuids.add(u)


def trigger(t, key, name):
    keys(t.get("name"), t, TRIGGER, {"manual_close"})
    uuid(t)
    check(t["priority"] in PRIORITIES, t["name"], t["priority"])
    check(f"(/{name}/{key}" in t["expression"], t["expression"], "is not about", key)
    check(t["expression"].count("(") == t["expression"].count(")"), t["expression"])
    check("@" not in t["expression"] and not re.search(r"(?<!\{)#", t["expression"]), t["expression"])


def steps(what, entry):
    for s in entry.get("preprocessing", []):
        keys(what, s, {"type", "parameters"})
        check(s["type"] in STEPS, what, s["type"])
        check(isinstance(s["parameters"], list) and all(isinstance(p, str) for p in s["parameters"]), what)
        check(len(s["parameters"]) == 1 and re.fullmatch(PARAMETERS.get(s["type"], ""), s["parameters"][0]), what, s)


def item(i, name, maps, triggers, macros):
    keys(i.get("key"), i, ITEM, MORE | {triggers})
    uuid(i)
    check(i["type"] == "SNMP_AGENT", i["key"])
    check(i.get("value_type", "UNSIGNED") in TYPES, i["key"])
    check((i.get("value_type") == "CHAR") == (i.get("trends") == "0"), i["key"], "trends of a text")
    check(i.get("valuemap", {"name": next(iter(maps))})["name"] in maps, i["key"], "has an unknown value map")
    check(len(i["name"]) <= 255 and len(i.get("units", "")) <= 255, i["key"])
    for macro in re.findall(r"\{#[A-Z_]+\}", i["name"] + i["key"] + i["snmp_oid"]):
        check(macro in macros, i["key"], "uses", macro)
    steps(i["key"], i)
    for t in i.get(triggers, []):
        trigger(t, i["key"], name)


def discovery_of(rule):
    m = re.fullmatch(r"discovery\[(.*)\]", rule["snmp_oid"])
    check(m, rule["snmp_oid"])
    words = m.group(1).split(",") if m else []
    return dict(zip(words[::2], words[1::2]))


def structure(template):
    name = template["template"]
    maps = {m["name"] for m in template["valuemaps"]}
    for m in template["valuemaps"]:
        keys(m["name"], m, {"uuid", "name", "mappings"})
        uuid(m)
        values = [x["value"] for x in m["mappings"]]
        check(len(values) == len(set(values)) and all(re.fullmatch(r"-?\d+", v) for v in values), m["name"])
    for i in template["items"]:
        item(i, name, maps, "triggers", set())
        check(i["snmp_oid"].endswith(".0"), i["key"])
    for r in template["discovery_rules"]:
        keys(r["key"], r, RULE, {"preprocessing"})
        uuid(r)
        steps(r["key"], r)
        check(r["delay"] in {m["macro"] for m in template["macros"]}, r["delay"])
        macros = set(discovery_of(r)) | {"{#SNMPINDEX}"}
        for i in r["item_prototypes"]:
            item(i, name, maps, "trigger_prototypes", macros)
            check(i["snmp_oid"].endswith(".{#SNMPINDEX}") and "[{#SNMPINDEX}]" in i["key"], i["key"])
    every = template["items"] + [i for r in template["discovery_rules"] for i in r["item_prototypes"]]
    for field in ("key", "name", "snmp_oid"):
        values = [i[field] for i in every]
        check(len(values) == len(set(values)), field, "twice:", {v for v in values if values.count(v) > 1})
    used = {i["valuemap"]["name"] for i in every if "valuemap" in i}
    check(used == maps, "value maps that nobody uses:", maps - used)
    check(len(template["discovery_rules"]) >= 9 and len(every) > 90, "too little")
    return every


def read_walk(path):
    rows = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            m = re.match(r"\.([0-9.]+) = (?:([A-Za-z0-9-]+): ?|(\"\"))(.*)", line)
            if m:
                rows[m.group(1)] = (m.group(2) or m.group(3), m.group(4).strip('"'))
    return rows


def below(rows, oid):
    return {o[len(oid) + 1 :]: v for o, v in rows.items() if o.startswith(oid + ".")}


def served(template, rows):
    for i in template["items"]:
        value = rows.get(i["snmp_oid"])
        check(value and value[0] in SNMP[i.get("value_type", "UNSIGNED")], i["key"], value)
    for r in template["discovery_rules"]:
        found = {m: below(rows, oid) for m, oid in discovery_of(r).items()}
        indexes = [set(v) for v in found.values()]
        check(indexes[0] and all(x == indexes[0] for x in indexes), r["key"], "finds", indexes)
        check(all(v[1] for f in found.values() for v in f.values()), r["key"], "finds rows without a name", found)
        for i in r["item_prototypes"]:
            values = below(rows, i["snmp_oid"].removesuffix(".{#SNMPINDEX}"))
            check(set(values) == indexes[0], i["key"], "is not there for each row")
            for v in values.values():
                check(v[0] in SNMP[i.get("value_type", "UNSIGNED")], i["key"], v)


def read_objects(path):
    objects = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            fields = line.rstrip("\n").split("|")
            if len(fields) == 7:
                objects[fields[1]] = fields
    return objects


def described(template, objects):
    """What the items say is what the objects are."""
    maps = {m["name"]: {x["value"]: x["newvalue"] for x in m["mappings"]} for m in template["valuemaps"]}

    def like_object(i):
        oid = re.sub(r"\.(0|\{#SNMPINDEX\})$", "", i["snmp_oid"])
        o = objects.get(oid)
        check(o, i["key"], "is no object:", oid)
        if not o:
            return
        name, _, access, kind, words, _, _ = o
        check(i["key"].partition("[")[0] == name, i["key"], "is", name)
        check(access != "noaccess", name, "cannot be read")
        check(kind in OBJECT[i.get("value_type", "UNSIGNED")], name, "is", kind, "not", i.get("value_type"))
        if kind == "Enumeration" and "valuemap" in i:
            want = {n: w for w, n in (x.split("=") for x in words.split(","))}
            check(maps[i["valuemap"]["name"]] == want, name, "has other words:", want)
        check(kind != "Enumeration" or "valuemap" in i, name, "shows numbers for words")
        check(not kind.startswith("Counter") or any(s["type"] == "CHANGE_PER_SECOND" for s in i.get("preprocessing", []))
              or i.get("value_type", "UNSIGNED") == "UNSIGNED", name, "is a counter that only grows")

    for i in template["items"]:
        like_object(i)
    for r in template["discovery_rules"]:
        tables = {oid.rpartition(".")[0] for oid in discovery_of(r).values()}
        tables |= {i["snmp_oid"].removesuffix(".{#SNMPINDEX}").rpartition(".")[0] for i in r["item_prototypes"]}
        check(len(tables) == 1, r["key"], "is of several tables:", tables)
        for macro, oid in discovery_of(r).items():
            check(objects.get(oid, [None, None, "noaccess"])[2] != "noaccess", r["key"], macro, "cannot be read:", oid)
        for i in r["item_prototypes"]:
            like_object(i)


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        export = yaml.safe_load(f)["zabbix_export"]
    keys("zabbix_export", export, {"version", "date", "groups", "templates"})
    check(export["version"] == "6.0", export["version"])
    for g in export["groups"]:
        uuid(g)
    (template,) = export["templates"]
    keys("template", template, {"uuid", "template", "name", "description", "groups", "items",
                                "discovery_rules", "macros", "valuemaps"})
    uuid(template)
    check([g["name"] for g in template["groups"]] == [g["name"] for g in export["groups"]], "groups")
    every = structure(template)
    if len(sys.argv) > 2 and sys.argv[2].startswith("objects="):
        described(template, read_objects(sys.argv[2].partition("=")[2]))
    elif len(sys.argv) > 2:
        served(template, read_walk(sys.argv[2]))
    else:
        for i in every:
            print(re.sub(r"\.(0|\{#SNMPINDEX\})$", "", i["snmp_oid"]), i["key"].partition("[")[0])
        for r in template["discovery_rules"]:
            for oid in discovery_of(r).values():
                print(oid, "-")
    for f in failures:
        print("FAILED:", f, file=sys.stderr)
    sys.exit(1 if failures else 0)


main()
