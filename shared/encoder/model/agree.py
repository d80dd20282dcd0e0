"""Checks that the crate scores as the heads were trained: the same sums, its 8-bit products beside full ones.

usage: agree.py ROWS READ MODEL HEADS CORPUS

ROWS and READ are the built examples; HEADS is the folder that train.py wrote. Fails where a score is off by more than
20 thousandths, or on average by more than one.
"""

import json
import os
import subprocess
import sys

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

import attend
from corpus import LABELS, posts
from examples import Examples, judged
from modelfile import contents
from train import read

# Thousandths, of one score in a thousand and on average: of two sentences that say nearly the same, either may come
# first, and then one label is counted from the other. Every so many posts are read.
MOST, MEAN, EVERY = 20, 1, 40


def main():
    rows, reader, model, trained, corpus = sys.argv[1:]
    texts = [row["text"] for row in posts(corpus)][::EVERY]
    told = dict(np.load(os.path.join(trained, "heads.npz")))
    names = contents(model)[0]["hints"]
    # One hint a text, in turns.
    given = [{names[i % len(names)]: "likely"} for i in range(len(texts))]
    found = np.array([[7 * (name in hints) for name in names] for hints in given], np.float32)

    means, pieces, sentences = read(rows, model, texts)
    means = np.clip(np.rint((means - told["centre"]) * told["steps"]), -127, 127).astype(np.float32)
    pieces = (np.concatenate(pieces).astype(np.float32) - told["heads.centre"]) * told["heads.steps"]
    heads = attend.Heads(len(names), 0)
    heads.first, heads.first_bias, heads.second = told["first"].T, told["first.bias"], told["second"].T
    heads.hints, heads.bias = told["heads.hints"].T * 10, told["heads.bias"]
    examples = Examples.__new__(Examples)
    examples.meanings, examples.hints = (told[f"examples.{name}"].astype(np.float32) for name in ("meanings", "hints"))
    examples.weights, examples.scale = told["examples.weights"], told["examples.scale"]
    said = heads.read(attend.Texts(pieces, sentences, found), np.arange(len(texts)))
    theirs = judged(np.concatenate([examples.say(means, found)[:, :, None], said], 2), told["judge"])

    lines = "".join(json.dumps(dict(text=text, hints=hints)) + "\n" for text, hints in zip(texts, given))
    out = subprocess.run([reader, model], input=lines, capture_output=True, text=True, check=True).stdout
    ours = np.array([[label["score"] for label in json.loads(line)["labels"]] for line in out.splitlines()])
    off = np.abs(ours - theirs)
    far = np.mean(off > MOST)
    print(f"{len(texts)} texts: scores are off by {off.max()} thousandths at most, {off.mean():.2f} on average")
    sys.exit(bool(far > 0.001 or off.mean() > MEAN))


if __name__ == "__main__":
    main()
