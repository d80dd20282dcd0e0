"""What the encoder finds in posts by authors that it did not learn from.

usage: generalise.py CORPUS SCORES

SCORES is left-out.csv: each post's scores, in thousandths, by heads that had not seen its author. Prints the table.
Every threshold is chosen on the other authors too: those of an author's posts on everybody else's.
"""

import csv
import sys

import numpy as np

from corpus import DANGERS, LABELS, SCORED, posts

# Pages as they usually are, on which false alarms are counted; the other authors wrote about one thing.
GENERAL = "abfh"
# Shares of calm posts on general pages that may be taken for danger: where somebody is told at once, and where a post
# only goes to the head of a list. A little below what is aimed at, since thresholds carry over imperfectly.
PAGED, LISTED = 0.006, 0.035
# What `sure` and `unlikely` promise: of those said to be, this share is; of those that are, this share is not missed.
SURE, MISSED = 0.95, 0.02


def write(path, rows, scores):
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["id", *LABELS])
        for row, values in zip(rows, scores):
            out.writerow([row["id"], *values])


def read(path, rows):
    with open(path, newline="", encoding="utf-8") as file:
        found = {row["id"]: [int(row[label]) for label in LABELS] for row in csv.DictReader(file)}
    return np.array([found[row["id"]] for row in rows])


def truth(rows):
    holds = np.array([[label in row["holds"] for label in LABELS] for row in rows])
    counts = np.array([[label not in row["argued"] for label in LABELS] for row in rows])
    return holds, counts


def calm(rows):
    """Returns which posts of general pages nobody could take for danger, distress or a threat."""
    alarming = DANGERS | {"distress", "threat"}
    return np.array([row["author"] in GENERAL and not (row["holds"] | row["argued"]) & alarming for row in rows])


def best(scores, holds):
    """Returns the threshold of the highest F1."""
    found = []
    for t in range(20, 980, 5):
        told = scores >= t
        found.append((2 * (told & holds).sum() / max(told.sum() + holds.sum(), 1), -abs(t - 500), t))
    return max(found)[2]


def thresholds(rows, scores):
    """Returns, a label, the scores from which it is not unlikely, possible, and sure."""
    (holds, counts), quiet, out = truth(rows), calm(rows), []
    for j, label in enumerate(LABELS):
        s, y = scores[counts[:, j], j], holds[counts[:, j], j]
        if label == "danger":
            calmly = np.sort(scores[quiet, j])[::-1]
            possible, sure = (int(calmly[int(share * len(calmly))]) + 1 for share in (LISTED, PAGED))
        else:
            possible = best(s, y)
            exact = (t for t in range(possible, 1000, 5) if y[s >= t].sum() >= SURE * max((s >= t).sum(), 1))
            sure = next(exact, 1000)
        unlikely = int(np.sort(s[y])[int(MISSED * y.sum())])
        out.append([min(unlikely, possible), possible, max(possible, sure)])
    return out


def levels(rows, scores):
    """Returns each post's level a label (0 unlikely to 3 sure), by thresholds chosen on the other authors."""
    author = np.array([row["author"] for row in rows])
    out = np.zeros(scores.shape, int)
    for left in np.unique(author):
        others = [row for row in rows if row["author"] != left]
        at = author == left
        for j, steps in enumerate(thresholds(others, scores[~at])):
            out[at, j] = sum((scores[at, j] >= t).astype(int) for t in steps)
    return out


def f1(told, holds):
    return 2 * (told & holds).sum() / max(told.sum() + holds.sum(), 1)


def table(rows, scores):
    (holds, counts), level, quiet = truth(rows), levels(rows, scores), calm(rows)
    told = level >= 2
    lines = ["| label | posts | precision | recall | F1 | precision where sure | recall where sure |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    each, total = [], np.zeros(3)
    for j, label in enumerate(LABELS):
        if label == "danger":
            continue
        sure = counts[:, j]
        t, y, s = told[sure, j], holds[sure, j], level[sure, j] >= 3
        share = lambda a, b: f"{a / b:.2f}" if b else "-"
        lines.append(f"| {label} | {y.sum()} | {share((t & y).sum(), t.sum())} | {share((t & y).sum(), y.sum())} | "
                     f"{f1(t, y):.2f} | {share((s & y).sum(), s.sum())} | {share((s & y).sum(), y.sum())} |")
        if label in SCORED:
            each.append(f1(t, y))
            total += [(t & y).sum(), t.sum(), y.sum()]
    micro, macro = 2 * total[0] / (total[1] + total[2]), np.mean(each)
    lines += ["", f"All labels but criticism: micro F1 {micro:.3f}, macro F1 {macro:.3f}, over {len(rows)} posts by "
              f"{len({row['author'] for row in rows})} authors.", ""]
    j = LABELS.index("danger")
    danger = holds[:, j] & counts[:, j]
    lines += ["| danger | found, of posts where somebody is in danger | false, of calm posts on general pages |",
              "| --- | --- | --- |"]
    for name, at in (("told at once", 3), ("head of the list", 2)):
        said = level[:, j] >= at
        lines.append(f"| {name} | {(said & danger).sum()} of {danger.sum()} ({(said & danger).sum() / danger.sum():.2f}) | "
                     f"{(said & quiet).sum()} of {quiet.sum()} ({(said & quiet).sum() / quiet.sum():.3f}) |")
    author = np.array([row["author"] for row in rows])
    columns = [LABELS.index(label) for label in SCORED]
    lines += ["", "| author left out | micro F1 |", "| --- | --- |"]
    for left in np.unique(author):
        sure = counts[author == left][:, columns]
        t, y = told[author == left][:, columns] & sure, holds[author == left][:, columns] & sure
        lines.append(f"| {left} | {f1(t, y):.2f} |")
    return "\n".join(lines) + "\n"


def main():
    rows = posts(sys.argv[1])
    print(table(rows, read(sys.argv[2], rows)), end="")


if __name__ == "__main__":
    main()
