"""Trains the tone model and writes weights.bin and constants.rs.

usage: train.py FEATURES SETS OUT

FEATURES is the built example `features`; SETS is a folder that holds pxtm_fft.csv, pxtm_phase1.csv, sms_spam.csv,
youtube_spam.csv and hardneg.csv, whose licences NOTICE names; OUT is the folder to write to. Needs the packages of
requirements.txt. The same input gives the same output: `make model` compares.
"""

import csv
import hashlib
import json
import os
import subprocess
import sys

# One thread adds up in one order.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
from scipy.sparse import csr_matrix, diags
from sklearn.linear_model import LogisticRegression

BUCKETS = 1 << 16
FOLDS = 5
# Uses that a bucket is given of each kind, so that one text alone does not make it telling.
SMOOTHING = 0.3
# How far a bucket counts by how telling it is, and for the rest by its rarity.
TELLING = 0.75


def rows(folder):
    """Yields the set, the text, whether it criticises, and its weight."""

    def read(name):
        return csv.DictReader(open(os.path.join(folder, name + ".csv"), newline=""))

    for row in read("pxtm_fft"):
        if row["label"] != "neutral_or_mixed":
            yield "pxtm_fft", row["text"], "negative" in row["label"], 1.0
    for row in read("pxtm_phase1"):
        yield "pxtm_phase1", row["text"], row["label"] == "critical", 1.0 if row["label"] != "neutral" else 0.7
    # Everyday messages, so that a plain question or notice is not taken for criticism.
    for name in ("sms_spam", "youtube_spam"):
        for row in read(name):
            if row["label"] == "ham":
                yield name, row["text"], False, 0.2
    for row in read("hardneg"):
        yield "hardneg", row["text"], False, 0.5


def matrix(binary, texts):
    """Returns one row a text, of length 1 where it has any feature."""
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    out = subprocess.run([binary], input=lines, capture_output=True, text=True, check=True).stdout
    found = [json.loads(line) for line in out.splitlines()]
    indptr = np.cumsum([0] + [len(f) for f in found])
    indices = np.concatenate([np.array(f, dtype=np.int64) for f in found])
    data = np.concatenate([np.full(len(f), 1.0 / np.sqrt(max(1, len(f)))) for f in found])
    return csr_matrix((data, indices, indptr), shape=(len(found), BUCKETS))


def rarity(features):
    """Returns how rare a bucket is: the fewer texts have it, the more it counts. It goes into the weights."""
    texts = np.asarray((features > 0).sum(axis=0)).ravel()
    rare = np.clip(np.log(features.shape[0] / (1 + texts)), 0, None)
    return rare / rare.mean()


def telling(features, truth, weight):
    """Returns how differently the two kinds of text use each bucket, from the texts trained on alone."""
    there = (features > 0).astype(float)
    critical = SMOOTHING + there.T @ (weight * truth)
    content = SMOOTHING + there.T @ (weight * ~truth)
    ratio = np.abs(np.log(critical / critical.sum() / (content / content.sum())))
    return ratio / ratio.mean()


def trained(features, rare, truth, weight):
    """Returns the weight of each bucket, and what a text without features sounds like.

    A bucket counts by how telling it is, as in S. Wang and C. Manning, "Baselines and Bigrams" (2012), and by its rarity.
    Either alone was wrong more often on texts it was not trained on.
    """
    scale = telling(features, truth, weight) ** TELLING * rare ** (1 - TELLING)
    model = LogisticRegression(C=3.0, max_iter=3000, class_weight="balanced")
    model.fit(features @ diags(scale), truth, sample_weight=weight)
    return model.coef_[0] * scale, model.intercept_[0]


def folds(texts):
    """Returns the fold of each text. The same words, which come up in more than one set, are in the same fold."""
    return np.array([hashlib.sha256(" ".join(text.lower().split()).encode()).digest()[0] % FOLDS for text in texts])


def grouped(number):
    """Returns a number as Rust writes it, its decimals in threes."""
    whole, decimals = f"{number:.6f}".split(".")
    return f"{whole}.{decimals[:3]}_{decimals[3:]}"


def f1(truth, guess):
    hit = (truth & guess).sum()
    return 2 * hit / (truth.sum() + guess.sum())


def main():
    binary, folder, out = sys.argv[1:]
    sets, texts, truth, weight = (np.array(column, dtype=object) for column in zip(*rows(folder)))
    truth, weight = truth.astype(bool), weight.astype(float)
    features = matrix(binary, texts)
    rare = rarity(features)
    fold, score = folds(texts), np.zeros(len(truth))
    for test in range(FOLDS):
        inside = fold != test
        weights, start = trained(features[inside], rare, truth[inside], weight[inside])
        score[~inside] = features[~inside] @ weights + start
    for name in ("pxtm_fft", "pxtm_phase1"):
        of_set = sets == name
        print(f"{name}: F1 {f1(truth[of_set], score[of_set] > 0.2):.3f} by the model alone, on texts it was not trained on")
    weights, start = trained(features, rare, truth, weight)
    # The few largest weights are cut, so that 8 bits serve the many small ones.
    scale = np.quantile(np.abs(weights[weights != 0]), 0.9995) / 127
    packed = np.clip(np.round(weights / scale), -127, 127).astype(np.int8)
    packed.tofile(os.path.join(out, "weights.bin"))
    with open(os.path.join(out, "constants.rs"), "w") as constants:
        constants.write("// Written by train.py.\n\n")
        constants.write(f"/// What one unit of a weight is worth.\nconst SCALE: f32 = {grouped(scale)};\n\n")
        constants.write(f"/// What a text without features sounds like.\nconst BIAS: f32 = {grouped(start)};\n")


main()
