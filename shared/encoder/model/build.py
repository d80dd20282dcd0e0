"""Puts the model file together from what is published and the heads.

usage: build.py AUTOMATON CORPUS HEADS OUT

AUTOMATON is the built example `automaton`; CORPUS is the folder of posts; HEADS is the folder that train.py wrote, or `-` for a file without heads, on
which train.py runs the layers; OUT is the file.
"""

import json
import os
import subprocess
import sys

import numpy as np

import vocabulary
from attend import HIDDEN, MEANING
from corpus import LABELS, posts
from examples import packed
from modelfile import LAYERS, ModelFile
from published import Weights, tokenizer, tokenizer_json

WINDOW = 250
PREFIX = "query:"
# Letters of an example that a record shows, after which it is cut.
SHOWN = 160


def empty():
    """Returns heads that say nothing."""
    count = len(LABELS)
    shapes = {"centre": MEANING, "steps": MEANING, "judge": 4 * count, "heads.centre": MEANING, "heads.steps": MEANING,
              "heads.hints": 0, "heads.bias": count, "examples.scale": count}
    heads = {name: np.zeros(shape, "<f4") for name, shape in shapes.items()}
    heads["first"], heads["first.bias"] = np.ones((HIDDEN + 3 * count, MEANING)), np.zeros(HIDDEN + 3 * count)
    heads["second"] = np.ones((3 * count, HIDDEN))
    for name in ("meanings", "hints", "weights", "labels"):
        heads[f"examples.{name}"] = b""
    labels = [dict(name=name, unlikely=1000, possible=1000, sure=1000) for name in LABELS]
    return heads, dict(labels=labels, hints=[], fall=[1, 1], examples=[])


def main():
    automaton, corpus, trained, out = sys.argv[1:]
    from tokenizers import Tokenizer

    reference = Tokenizer.from_file(tokenizer_json())
    reference.no_padding()
    reference.no_truncation()
    encode = lambda words: [e.ids for e in reference.encode_batch(words, add_special_tokens=False)]
    weights, (pieces, forms, normal) = Weights(), tokenizer()
    kept = vocabulary.kept(pieces, encode, [row["text"] for row in posts(corpus)])
    new = {old: i for i, old in enumerate(kept)}

    file = ModelFile()
    # The special pieces are no pieces of a text.
    lines = "".join(json.dumps(pieces[i][0] if i > 3 else None) + "\n" for i in kept)
    file.table("pieces", subprocess.run([automaton], input=lines.encode(), capture_output=True, check=True).stdout)
    file.floats("likelihood", [pieces[i][1] for i in kept])
    file.table("forms", forms)
    file.table("normal", normal)
    file.table("words", weights.words()[kept])
    prefix = [new[i] for i in encode([PREFIX])[0]]
    file.floats("positions", weights.positions()[: WINDOW + len(prefix) + 2])
    file.norm("begin", weights.tensor("emb.ln.w"), weights.tensor("emb.ln.b"))
    for i, layer in enumerate(weights.layers()):
        file.layer(i, layer)
    if trained == "-":
        heads, told = empty()
    else:
        heads = np.load(os.path.join(trained, "heads.npz"))
        with open(os.path.join(trained, "heads.json"), encoding="utf-8") as content:
            told = json.load(content)
    heads = dict(heads)
    meanings = np.frombuffer(bytes(heads.pop("examples.meanings")), "i1").reshape(-1, MEANING)
    file.table("examples.meanings", packed(meanings))
    file.table("examples.squares", (meanings.astype("<i4") ** 2).sum(1, dtype="<i4"))
    second = heads.pop("second")
    file.linear("heads.first", heads.pop("first"), heads.pop("first.bias"))
    file.linear("heads.second", second, np.zeros(len(second)))
    for name, content in heads.items():
        file.table(name, content)
    # As much of each as a record shows.
    texts = [" ".join(text.split())[: SHOWN + 1].encode() for text in told.pop("examples")]
    file.table("examples.ends", np.cumsum([len(text) for text in texts]).astype("<u4"))
    file.table("examples.text", b"".join(texts))
    header = dict(prefix=prefix, window=WINDOW, layers=LAYERS, **told)
    print(file.write(out, header), os.path.getsize(out), "bytes,", len(kept), "pieces")


if __name__ == "__main__":
    main()
