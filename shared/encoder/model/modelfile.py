"""Writes the model file. Its layout is described in src/file.rs."""

import hashlib
import json
import struct

import numpy as np

ALIGN = 64
WIDTH, INNER, HEADS, LAYERS = 384, 1536, 12, 12


def quantised(weights):
    """Returns rows of weights as whole numbers of 8 bits, and a scale a row."""
    scale = (np.abs(weights).max(1) / np.float32(127)).astype("<f4")
    return np.rint(weights / scale[:, None]).astype("i1"), scale


class ModelFile:
    def __init__(self):
        self.tables, self.data = {}, bytearray()

    def table(self, name, content):
        content = content if isinstance(content, (bytes, bytearray)) else np.ascontiguousarray(content).tobytes()
        self.data += bytes(-len(self.data) % ALIGN)
        self.tables[name] = [len(self.data), len(content)]
        self.data += content

    def floats(self, name, values):
        self.table(name, np.asarray(values, dtype="<f4"))

    def linear(self, name, weights, biases):
        rows, scale = quantised(weights)
        self.table(name, rows)
        self.floats(name + ".scale", scale)
        self.floats(name + ".bias", biases)

    def norm(self, name, scale, shift):
        self.floats(name + ".scale", scale)
        self.floats(name + ".shift", shift)

    def layer(self, i, L):
        self.linear(f"{i}.attend", np.vstack([L[m] for m in "qkv"]), np.concatenate([L[m + "_b"] for m in "qkv"]))
        self.linear(f"{i}.gather", L["ao"], L["ao_b"])
        self.norm(f"{i}.gathered", L["aln_w"], L["aln_b"])
        self.linear(f"{i}.widen", L["fi"], L["fi_b"])
        self.linear(f"{i}.narrow", L["fo"], L["fo_b"])
        self.norm(f"{i}.out", L["oln_w"], L["oln_b"])

    def write(self, path, header):
        text = json.dumps({**header, "tables": self.tables}, sort_keys=True, separators=(",", ":")).encode()
        rest = text + bytes(-(48 + len(text)) % ALIGN) + bytes(self.data)
        digest = hashlib.sha256(rest).digest()
        with open(path, "wb") as out:
            out.write(b"PWENCODE" + struct.pack("<II", 2, len(text)) + digest + rest)
        return digest.hex()


def contents(path):
    """Returns a model file's header and its tables."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack_from("<I", content, 12)
    header = json.loads(content[48 : 48 + length])
    base = -(-(48 + length) // ALIGN) * ALIGN
    return header, {name: content[base + at : base + at + size] for name, (at, size) in header["tables"].items()}
