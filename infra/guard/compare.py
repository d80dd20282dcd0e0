"""Holds a translated template against what is expected of it."""

import json
import re

# What may be anything, by its place, and why. Nothing else may differ.
LET_PASS = {
    "words for people, which nothing obeys": [
        "Description",
        "Parameters/*/Description",
        "Parameters/*/ConstraintDescription",
        "Rules/*/Assertions/*/AssertDescription",
        "Resources/*/Properties/Description",
        "Resources/*/Properties/AlarmDescription",
        "Resources/Alarms/Properties/DisplayName",
        "Resources/Api/Properties/Body/info",
    ],
    "what SAM notes for itself": [
        "AWSTemplateFormatVersion",
        "Resources/*/Metadata",
        "Resources/*/Properties/Tags",
        "Resources/Api/Properties/Body/tags",
        "Resources/*/Properties/Code/S3Bucket",
        "Resources/*/Properties/Code/S3Key",
        "Resources/*/Properties/Content/S3Bucket",
        "Resources/*/Properties/Content/S3Key",
    ],
    "an output says what is there and lets nobody do anything": ["Outputs"],
    "the dashboard is looked at; tests want every alarm on it and every figure counted": [
        "Resources/Dashboard/Properties/DashboardBody"
    ],
}
# By how long a place is and how it ends, for this is asked of each place of each mutation.
PATTERNS = {}
for reason, patterns in LET_PASS.items():
    for pattern in (pattern.split("/") for pattern in patterns):
        PATTERNS.setdefault((len(pattern), pattern[-1]), []).append((pattern, reason))

# Lists whose order means nothing.
SETS = {"Action", "Attributes", "LeadingKeys", "Metrics", "Resource", "Service", "Statement", "AttributeDefinitions"}
# Texts that are JSON.
JSON = {"Format", "Input", "Pattern"}
# SAM ends the name of a version with a hash of the function's settings, and that of a layer with one of the layer's.
VERSION = re.compile(r"^(\w+Version|Model)[0-9a-f]{10}$")


def reason_to_pass(path):
    """Returns why a place may be anything, or None. What is inside such a place is no place of its own."""
    for pattern, reason in PATTERNS.get((len(path), path[-1]), []):
        if all(want in ("*", at) for want, at in zip(pattern, path)):
            return reason
    return None


def reason_inside(path):
    """The same for a place or anything in it."""
    return next(filter(None, (reason_to_pass(path[:end]) for end in range(1, len(path) + 1))), None)


def plain(value, path):
    """Returns a part of a template without what may be anything, in one of the ways to write it."""
    name = str(path[-1]).rpartition(":")[2] if path else ""
    # One action, resource or principal may stand by itself, which is the same.
    if name in SETS and not isinstance(value, list):
        value = [value]
    if isinstance(value, dict):
        left = {key: part for key, part in value.items() if reason_to_pass((*path, key)) is None}
        return {version(key): plain(part, (*path, key)) for key, part in left.items()}
    if isinstance(value, list):
        parts = [plain(part, (*path, at)) for at, part in enumerate(value)]
        return sorted(parts, key=canonical) if name in SETS else parts
    if isinstance(value, str) and name in JSON:
        try:
            return {"JSON": json.loads(value, object_pairs_hook=once)}
        except ValueError:
            return value
    return version(value)


def once(pairs):
    """Refuses an object that has a field twice: readers differ in which of them they take."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a field stands twice")
    return dict(pairs)


def version(value):
    """Returns a text, or the name of a version without its hash."""
    return VERSION.sub(r"\1", value) if isinstance(value, str) else value


def canonical(value):
    """Returns a value as text: unlike Python's own comparison, this tells `true` from 1."""
    return json.dumps(value, sort_keys=True)


def differences(found, wanted, path=()):
    """Yields what differs, in words, the place first."""
    if canonical(found) == canonical(wanted):
        return
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in sorted(found.keys() | wanted.keys()):
            where = (*path, key)
            if key not in found:
                yield f"{'.'.join(where)} is missing: {canonical(wanted[key])}"
            elif key not in wanted:
                yield f"{'.'.join(where)} is not expected: {canonical(found[key])}"
            else:
                yield from differences(found[key], wanted[key], where)
    elif isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        for at, pair in enumerate(zip(found, wanted)):
            yield from differences(*pair, (*path, str(at)))
    else:
        yield f"{'.'.join(path)} is {canonical(found)}, and not {canonical(wanted)}"
