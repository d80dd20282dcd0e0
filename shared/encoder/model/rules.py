"""What the rules find, as hints."""

import json
import subprocess

import numpy as np

# A finding's strength as a number.
TENTHS = {"possible": 4, "likely": 7, "certain": 10}


def findings(binary, texts):
    """Returns what the rules find in each text: a topic's strength in words."""
    lines = [dict(id=i, platform="facebook", surface="comment", text=text) for i, text in enumerate(texts)]
    lines = "".join(json.dumps(line) + "\n" for line in lines)
    out = subprocess.run([binary, "read", "--rules-only"], input=lines, capture_output=True, text=True, check=True).stdout
    found = []
    for answer in map(json.loads, out.splitlines()):
        strongest = {}
        for finding in sorted(answer["findings"], key=lambda finding: TENTHS[finding["strength"]]):
            strongest[finding["topic"]] = finding["strength"]
        if answer.get("identifiers"):
            strongest["identifiers"] = "certain"
        found.append(strongest)
    return found


def hints(binary, texts, names=None):
    """Returns what the rules find, a row a text in tenths, and the names of the columns: those given, or all found."""
    each = findings(binary, texts)
    names = names or sorted({topic for found in each for topic in found} - {"identifiers"}) + ["identifiers"]
    table = np.array([[TENTHS.get(found.get(name), 0) for name in names] for found in each], np.float32)
    return table, names
