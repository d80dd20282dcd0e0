"""Learns from the corpus: how near a text is to each post, and what its words weigh, label by label.

usage: train.py MEANS BASE PAGEWARDEN CORPUS OUT

MEANS is the built example `means`; BASE is a model file without heads; PAGEWARDEN is the built command line, whose rules
give the hints; CORPUS is the folder of posts; OUT is the folder for the heads, for `left-out.csv` (each post's scores by
heads that had not seen its author) and for `left-out.md` (the table of it). The same input gives the same output on the
same kind of processor.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

# One thread adds up in one order.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from sklearn.linear_model import LogisticRegression

import generalise
from corpus import LABELS, posts

MEANING = 1152
# Texts are read by so many processes at once.
READERS = 4
# A number of a meaning is kept in so many steps a spread, a hint in tenths.
STEPS, TENTHS = 20, {"possible": 4, "likely": 7, "certain": 10}
# Chosen on authors left out: how fast an example counts for less with its distance in meaning (in spreads, a number) and
# in hints, how much the examples' sums are smoothed, and what is added to a truth so that rare labels are not drowned.
FALL, HINT_FALL, SMOOTH, LIFT = 0.5, 0.3, 0.1, 0.6
# How freely the weights of the linear sums may grow, and how much more a hint counts than a number of a meaning.
FREEDOM, HINT_WEIGHT = 0.003, 3.0


def means(binary, base, texts):
    """Returns the mean of each text, and of the sentences with the number of their text."""
    shares = [texts[i::READERS] for i in range(READERS)]
    running = [subprocess.Popen([binary, base], stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in shares]
    with ThreadPoolExecutor(READERS) as pool:
        lines = ["".join(json.dumps(text) + "\n" for text in share).encode() for share in shares]
        answers = [out for out, _ in pool.map(subprocess.Popen.communicate, running, lines)]
    if any(process.returncode for process in running):
        raise SystemExit(f"{binary} failed")
    at, whole, parts, part_of = [0] * READERS, [], [], []
    for i in range(len(texts)):
        share, b = i % READERS, answers[i % READERS]
        count = int.from_bytes(b[at[share] : at[share] + 4], "little")
        rows = np.frombuffer(b, "<f4", (count + 1) * MEANING, at[share] + 4).reshape(-1, MEANING)
        at[share] += 4 + 4 * rows.size
        whole.append(rows[0])
        parts.extend(rows[1:])
        part_of.extend([i] * count)
    return np.array(whole), np.array(parts), np.array(part_of)


def hints(binary, texts):
    """Returns what the rules find, a row a text in tenths, and the names of the columns."""
    lines = [dict(id=i, platform="facebook", surface="comment", text=text) for i, text in enumerate(texts)]
    lines = "".join(json.dumps(line) + "\n" for line in lines)
    out = subprocess.run([binary, "read"], input=lines, capture_output=True, text=True, check=True).stdout
    answers = [json.loads(line) for line in out.splitlines()]
    names = sorted({finding["topic"] for answer in answers for finding in answer["findings"]}) + ["identifiers"]
    found = np.zeros((len(texts), len(names)), np.float32)
    for row, answer in zip(found, answers):
        for finding in answer["findings"]:
            column = names.index(finding["topic"])
            row[column] = max(row[column], TENTHS[finding["strength"]])
        if answer.get("identifiers"):
            row[-1] = TENTHS["certain"]
    return found, names


def apart(a, b):
    """Returns the squares of the distances between the rows of two tables of whole numbers."""
    return (a * a).sum(1)[:, None] + (b * b).sum(1)[None] - 2 * a @ b.T


class Heads:
    """What is learned from some posts."""

    def __init__(self, meanings, hints, holds, counts):
        self.meanings, self.hints = meanings, hints
        near = self.near(meanings, hints)
        near[np.diag_indices_from(near)] += np.float32(SMOOTH)
        truth = np.where(counts, np.where(holds, 1, -1), 0).astype(np.float32) + np.float32(LIFT)
        self.weights = cho_solve(cho_factor(near, lower=True, overwrite_a=True), truth).astype("<f4")
        inputs = np.hstack([meanings / STEPS, hints / 10 * HINT_WEIGHT])
        self.linear, self.bias = np.zeros((len(LABELS), inputs.shape[1])), np.zeros(len(LABELS))
        for j in range(len(LABELS)):
            sure = counts[:, j]
            fit = LogisticRegression(C=FREEDOM, class_weight="balanced", max_iter=200, tol=1e-3)
            fit.fit(inputs[sure], holds[sure, j])
            self.linear[j], self.bias[j] = fit.coef_[0], fit.intercept_[0]
        self.linear[:, :MEANING] /= STEPS
        self.linear[:, MEANING:] *= HINT_WEIGHT / 10
        self.linear, self.bias = self.linear.astype("<f4"), self.bias.astype("<f4")

    @staticmethod
    def fall():
        return [FALL / (MEANING * STEPS**2), HINT_FALL / 100]

    def near(self, meanings, hints):
        meaning, hint = self.fall()
        return np.exp(-(meaning * apart(meanings, self.meanings) + hint * apart(hints, self.hints))).astype(np.float32)

    def sums(self, meanings, hints, parts, part_of):
        """Returns each text's three sums a label: of examples, of words, and of the sentence that speaks most for it."""
        examples = self.near(meanings, hints) @ self.weights
        words = np.hstack([meanings, hints]) @ self.linear.T + self.bias
        top = np.full(words.shape, -np.inf)
        np.maximum.at(top, part_of, parts @ self.linear[:, :MEANING].T)
        return np.stack([examples, words, np.where(np.isfinite(top), top, 0)], 2)


def judge(sums, holds, counts):
    """Returns, a label, what its three sums count and what is added: in even shares, and then as likely as they are.

    Only two numbers a label are fitted, on sums of posts whose authors had been left out.
    """
    out = np.zeros((len(LABELS), 4))
    for j in range(len(LABELS)):
        spread = sums[:, j].std(0)
        shares = np.array([1, 1, 0.3]) / spread
        mixed = sums[:, j] @ shares
        sure = counts[:, j]
        fit = LogisticRegression(C=100, max_iter=200).fit(mixed[sure, None], holds[sure, j])
        out[j] = [*(fit.coef_[0, 0] * shares), fit.intercept_[0]]
    return out.astype("<f4")


def judged(sums, judge):
    """Returns scores in thousandths."""
    z = np.einsum("ijk,jk->ij", sums, judge[:, :3]) + judge[:, 3]
    return np.floor(1000 / (1 + np.exp(-z)) + 0.5).astype(int)


def main():
    binary, base, pagewarden, corpus, out = sys.argv[1:]
    rows = posts(corpus)
    texts = [row["text"] for row in rows]
    author = np.array([row["author"] for row in rows])
    holds = np.array([[label in row["holds"] for label in LABELS] for row in rows])
    counts = np.array([[label not in row["argued"] for label in LABELS] for row in rows])
    whole, parts, part_of = means(binary, base, texts)
    found, names = hints(pagewarden, texts)

    # What is counted from and in: the mean and spread of the corpus, of which no label is asked.
    centre, steps = whole.mean(0).astype("<f4"), (STEPS / whole.std(0)).astype("<f4")
    whole, parts = (np.clip(np.rint((x - centre) * steps), -127, 127).astype(np.float32) for x in (whole, parts))

    sums = np.zeros((len(rows), len(LABELS), 3))
    for left in np.unique(author):
        heads = Heads(*(table[author != left] for table in (whole, found, holds, counts)))
        at, of = author == left, (author == left)[part_of]
        number = np.cumsum(at) - 1
        sums[at] = heads.sums(whole[at], found[at], parts[of], number[part_of[of]])
        print("left out", left, file=sys.stderr, flush=True)
    scores = np.zeros(holds.shape, int)
    for left in np.unique(author):
        others = author != left
        scores[~others] = judged(sums[~others], judge(sums[others], holds[others], counts[others]))
    os.makedirs(out, exist_ok=True)
    generalise.write(os.path.join(out, "left-out.csv"), rows, scores)
    with open(os.path.join(out, "left-out.md"), "w", encoding="utf-8") as file:
        file.write(generalise.table(rows, scores))

    heads = Heads(whole, found, holds, counts)
    labels = [sum(1 << j for j in range(len(LABELS)) if row[j]) for row in holds]
    np.savez(
        os.path.join(out, "heads.npz"), **{
            "centre": centre, "steps": steps, "linear": heads.linear, "linear.bias": heads.bias,
            "judge": judge(sums, holds, counts), "examples.meanings": whole.astype("i1"),
            "examples.hints": found.astype("u1"), "examples.weights": heads.weights,
            "examples.labels": np.array(labels, "<u4"),
        }
    )
    thresholds = generalise.thresholds(rows, scores)
    told = [dict(name=name, unlikely=t[0], possible=t[1], sure=t[2]) for name, t in zip(LABELS, thresholds)]
    with open(os.path.join(out, "heads.json"), "w", encoding="utf-8") as file:
        json.dump(dict(labels=told, hints=names, fall=heads.fall(), examples=texts), file, ensure_ascii=False)


if __name__ == "__main__":
    main()
