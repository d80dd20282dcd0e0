"""Learns from the corpus: how near a text is to each post, and what its pieces say, label by label.

usage: train.py ROWS BASE PAGEWARDEN CORPUS OUT

ROWS is the built example `rows`; BASE is a model file without heads; PAGEWARDEN is the built command line, whose rules
give the hints; CORPUS is the folder of posts; OUT is the folder for the heads, for `left-out.csv` (what each post's
pieces say to heads that had not seen its author) and for `left-out.md` (the table that generalise.py makes of it). The
same input gives the same output on the same kind of processor.
"""

import json
import os
import random
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

# One thread adds up in one order.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

import attend
import generalise
from attend import MEANING
from corpus import DANGERS, LABELS, posts, truth
from examples import STEPS, Examples, coarse, judge
from rules import hints

# Texts are read by so many processes at once.
READERS = 4
# Where chance begins.
SEED = 1
# Labels that one sentence of a long post may bear, and how many posts an author to put together with one.
GRAVE, COMPOSED = DANGERS | {"danger", "distress", "threat"}, 70


def read(binary, base, texts):
    """Returns the mean of each text's rows, its pieces' rows, and the sentence of each, -1 for none."""
    shares = [texts[i::READERS] for i in range(READERS)]
    running = [subprocess.Popen([binary, base], stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in shares]
    with ThreadPoolExecutor(READERS) as pool:
        lines = ["".join(json.dumps(text) + "\n" for text in share).encode() for share in shares]
        answers = [out for out, _ in pool.map(subprocess.Popen.communicate, running, lines)]
    if any(process.returncode for process in running):
        raise SystemExit(f"{binary} failed")
    at, means, rows, sentences = [0] * READERS, [], [], []

    def take(share, kind, count):
        found = np.frombuffer(answers[share], kind, count, at[share])
        at[share] += found.nbytes
        return found

    for i in range(len(texts)):
        share = i % READERS
        (pieces,) = take(share, "<u4", 1)
        means.append(take(share, "<f4", MEANING))
        sentences.append(take(share, "<i4", pieces))
        rows.append(take(share, "<f2", pieces * MEANING).reshape(-1, MEANING))
    return np.array(means), rows, sentences


def composed(rows):
    """Returns posts put together from those of one author: a grave one between the sentences of calm ones, and, as many,
    two calm ones, so that length by itself says nothing."""
    chance, out = random.Random(12), []
    stopped = lambda text: text if text[-1] in ".!?…" else text + "."
    sentences = lambda text: [part for part in re.split(r"(?<=[.!?…\n])\s+", text.strip()) if part.strip()]
    for author in sorted({row["author"] for row in rows}):
        own = [row for row in rows if row["author"] == author and "not_english" not in row["holds"] | row["argued"]]
        grave = [row for row in own if row["holds"] & GRAVE and len(row["text"].split()) <= 40]
        calm = [row for row in own if not (row["holds"] | row["argued"]) & GRAVE and "scam_spam" not in row["holds"]]
        calm = [row for row in calm if 8 <= len(row["text"].split()) <= 70]
        if len(calm) < 10:
            continue
        some = chance.sample(grave, min(len(grave), COMPOSED))
        for inner in some + [None] * len(some):
            around = chance.sample(calm, 2)
            if inner and len(sentences(around[0]["text"])) > 2:
                around.pop()
            parts = [part for row in around for part in sentences(row["text"])]
            if inner:
                parts.insert(chance.randint(0, len(parts)), inner["text"].strip())
                around.append(inner)
            text = " ".join(stopped(part) for part in parts)
            both = {key: set().union(*(row[key] for row in around)) for key in ("holds", "argued")}
            out.append(dict(author=author, text=text, **both))
    return out


def main():
    binary, base, pagewarden, corpus, out = sys.argv[1:]
    os.makedirs(out, exist_ok=True)
    rows = posts(corpus)
    every = rows + composed(rows)
    texts = [row["text"] for row in every]
    author = np.array([row["author"] for row in every])
    holds, counts = truth(every)
    real = np.arange(len(every)) < len(rows)
    means, piece_rows, sentences = read(binary, base, texts)
    found, names = hints(pagewarden, texts)

    # What is counted from and in: means and spreads of the corpus, of which no label is asked.
    centre, steps = means[real].mean(0).astype("<f4"), (STEPS / means[real].std(0)).astype("<f4")
    means = np.clip(np.rint((means - centre) * steps), -127, 127).astype(np.float32)
    pieces = np.concatenate([r for r, own in zip(piece_rows, real) if own]).astype(np.float32)
    row_centre, row_steps = pieces.mean(0, dtype=np.float64).astype("<f4"), (1 / pieces.std(0, dtype=np.float64)).astype("<f4")
    del pieces
    every_row = np.concatenate(piece_rows).astype(np.float32)
    every_row -= row_centre
    every_row *= row_steps
    listened = attend.Texts(every_row, sentences, found)

    truths = holds, counts

    def learned(which):
        return attend.Heads(len(names), SEED).learn(listened, np.flatnonzero(which), *truths, real)

    def said_of(left):
        at = np.flatnonzero(np.isin(author, left) & real)
        said = learned(~np.isin(author, left)).read(listened, at)
        print("left out", *left, file=sys.stderr, flush=True)
        return at, said

    # Two authors at a time, which takes half as long as one by one and is no easier: less is left to learn from.
    authors, said = np.unique(author), np.zeros((len(rows), len(LABELS), 2))
    pairs = [authors[i :: len(authors) // 2] for i in range(len(authors) // 2)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for at, found_there in pool.map(said_of, pairs):
            said[at] = found_there
    said = generalise.rounded(said)
    generalise.write(os.path.join(out, "left-out.csv"), rows, said)
    # As coarse as the model keeps them, so that generalise.py can count the same again.
    means, found, holds, counts = coarse(means[real]), found[real], holds[real], counts[real]
    sums, scores = generalise.left_out(rows, means, found, said)
    with open(os.path.join(out, "left-out.md"), "w", encoding="utf-8") as file:
        file.write(generalise.table(rows, scores))

    heads, examples = learned(np.ones(len(every), bool)), Examples(means, found, holds, counts)
    labels = [sum(1 << j for j in range(len(LABELS)) if row[j]) for row in holds]
    np.savez(
        os.path.join(out, "heads.npz"), **{
            "centre": centre, "steps": steps, "judge": judge(sums, holds, counts),
            "heads.centre": row_centre, "heads.steps": row_steps, "heads.hints": heads.hints.T / 10,
            "heads.bias": heads.bias, "first": heads.first.T, "first.bias": heads.first_bias,
            "second": heads.second.T, "examples.meanings": means.astype("i1"),
            "examples.hints": found.astype("u1"), "examples.weights": examples.weights,
            "examples.scale": examples.scale,
            "examples.labels": np.array(labels, "<u4"),
        }
    )
    thresholds = generalise.thresholds(rows, scores)
    told = [dict(name=name, unlikely=t[0], possible=t[1], sure=t[2]) for name, t in zip(LABELS, thresholds)]
    shown = [row["text"] for row in rows]
    with open(os.path.join(out, "heads.json"), "w", encoding="utf-8") as file:
        json.dump(dict(labels=told, hints=names, fall=Examples.fall(), examples=shown), file, ensure_ascii=False)


if __name__ == "__main__":
    main()
