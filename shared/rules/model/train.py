"""Trains the tone model and writes weights.bin and constants.rs beside this file.

usage: train.py FEATURES FOLDER

FEATURES is the built example `features`; FOLDER holds pxtm_fft.csv, pxtm_phase1.csv, sms_spam.csv, youtube_spam.csv and
hardneg.csv, whose licences NOTICE names. Needs the packages of requirements.txt. The same input gives the same output.
"""

import csv
import json
import os
import subprocess
import sys

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

HERE = os.path.dirname(os.path.abspath(__file__))
BUCKETS = 1 << 16


def rows(folder):
    """Yields text, whether it criticises, and its weight."""
    for row in csv.DictReader(open(os.path.join(folder, "pxtm_fft.csv"), newline="")):
        if row["label"] != "neutral_or_mixed":
            yield row["text"], "negative" in row["label"], 1.0
    for row in csv.DictReader(open(os.path.join(folder, "pxtm_phase1.csv"), newline="")):
        yield row["text"], row["label"] == "critical", 1.0 if row["label"] != "neutral" else 0.7
    # Everyday messages, so that a plain question or notice is not taken for criticism.
    for name in ("sms_spam", "youtube_spam"):
        for row in csv.DictReader(open(os.path.join(folder, name + ".csv"), newline="")):
            if row["label"] == "ham":
                yield row["text"], False, 0.12
    for row in csv.DictReader(open(os.path.join(folder, "hardneg.csv"), newline="")):
        yield row["text"], False, 0.5


def feedback(folder):
    """Returns how many rows are feedback, which come first."""
    count = sum(1 for row in csv.DictReader(open(os.path.join(folder, "pxtm_fft.csv"), newline="")) if row["label"] != "neutral_or_mixed")
    return count + sum(1 for _ in csv.DictReader(open(os.path.join(folder, "pxtm_phase1.csv"), newline="")))


def matrix(binary, texts):
    """Returns one row a text, of length 1 where it has any feature."""
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    out = subprocess.run([binary], input=lines, capture_output=True, text=True, check=True).stdout
    found = [json.loads(line) for line in out.splitlines()]
    indptr = np.cumsum([0] + [len(f) for f in found])
    indices = np.concatenate([np.array(f, dtype=np.int64) for f in found])
    data = np.concatenate([np.full(len(f), 1.0 / np.sqrt(max(1, len(f)))) for f in found])
    return csr_matrix((data, indices, indptr), shape=(len(found), BUCKETS))


def grouped(number):
    """Returns a number as Rust writes it, its decimals in threes."""
    whole, decimals = f"{number:.6f}".split(".")
    return f"{whole}.{decimals[:3]}_{decimals[3:]}"


def f1(truth, guess):
    hit = (truth & guess).sum()
    return 2 * hit / (truth.sum() + guess.sum())


def main():
    binary, folder = sys.argv[1], sys.argv[2]
    texts, truth, weight = (np.array(column, dtype=object) for column in zip(*rows(folder)))
    truth, weight = truth.astype(bool), weight.astype(float)
    features = matrix(binary, texts)
    strength = 12.0
    score = np.zeros(len(truth))
    for train, test in StratifiedKFold(5, shuffle=True, random_state=1).split(features, truth):
        fold = LogisticRegression(C=strength, max_iter=2000, class_weight="balanced")
        fold.fit(features[train], truth[train], sample_weight=weight[train])
        score[test] = fold.decision_function(features[test])
    fft = np.arange(len(truth)) < sum(1 for r in csv.DictReader(open(os.path.join(folder, "pxtm_fft.csv"), newline="")) if r["label"] != "neutral_or_mixed")
    second = ~fft & (np.arange(len(truth)) < feedback(folder))
    for bar in (-0.5, 0.0, 0.3, 0.6, 0.9):
        print(f"bar {bar:4.1f}: F1 of the first set {f1(truth[fft], score[fft] > bar):.3f}, of the second {f1(truth[second], score[second] > bar):.3f} (five folds)")
    model = LogisticRegression(C=strength, max_iter=2000, class_weight="balanced")
    model.fit(features, truth, sample_weight=weight)
    weights = model.coef_[0]
    # The few largest weights are cut, so that 8 bits serve the many small ones.
    scale = np.quantile(np.abs(weights[weights != 0]), 0.9995) / 127
    packed = np.clip(np.round(weights / scale), -127, 127).astype(np.int8)
    packed.tofile(os.path.join(HERE, "weights.bin"))
    with open(os.path.join(HERE, "constants.rs"), "w") as out:
        out.write("// Written by train.py.\n\n")
        out.write(f"/// What one unit of a weight is worth.\nconst SCALE: f32 = {grouped(scale)};\n\n")
        out.write(f"/// What a text without features sounds like.\nconst BIAS: f32 = {grouped(model.intercept_[0])};\n")


main()
