# SPDX-License-Identifier: BSD-2-Clause
"""mibs_smidump.py < XML: what smidump -f xml found in a module, in the lines of schema_objects.c."""
import sys
import xml.etree.ElementTree as tree


def syntax(node):
    """The type that it is of, and its ranges or words."""
    named = node.find("syntax/type")
    if named is not None:
        return named.get("name"), ""
    own = node.find("syntax/typedef")
    parent = own.find("parent")
    words = [(int(w.get("number")), w.get("name")) for w in own.findall("namednumber")]
    limits = ["%s..%s" % (r.get("min"), r.get("max")) for r in own.findall("range")]
    limits += ["%s=%d" % (word, number) for number, word in words]
    return own.get("basetype") if parent is None else parent.get("name"), ",".join(limits)


def object_line(node):
    kind, limits = syntax(node)
    text = [node.findtext(what) or "" for what in ("access", "default", "units")]
    return "|".join((node.get("name"), node.get("oid"), text[0], kind, limits, text[1], text[2]))


def entry_line(node):
    index = "".join(i.get("name") + " " for i in node.findall("linkage/index"))
    implied = "implied" if node.find("linkage").get("implied") == "true" else ""
    create = "create" if node.get("create") == "true" else ""
    return "|".join((node.get("name"), node.get("oid"), index, create + implied))


for node in tree.parse(sys.stdin).iter():
    if node.tag in ("scalar", "column"):
        print(object_line(node))
    elif node.tag == "row":
        print(entry_line(node))
    elif node.tag == "notification":
        print("|".join((node.get("name"), node.get("oid"))))
