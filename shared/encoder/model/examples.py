"""The posts of the corpus as examples, and how what they say and what the pieces say become one score."""

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg.lapack import spotri
from sklearn.linear_model import LogisticRegression

from attend import MEANING
from corpus import LABELS

# A number of a meaning is kept in so many steps a spread; of an example's, in steps of so many of these, from -8 to 7.
STEPS, COARSE = 20, 8
# Chosen on authors left out: how fast an example counts for less with its distance in meaning (in spreads, a number) and
# in hints, how much the examples' sums are smoothed, and what is added to a truth so that rare labels are not drowned.
FALL, HINT_FALL, SMOOTH, LIFT = 0.5, 0.3, 0.1, 0.6
# What the sums count beside each other: of examples, of a text's pieces, of its top sentence.
SHARES = [1, 1, 0.4]
# The largest weight of a label, in the whole numbers of 16 bits that are kept.
WHOLE = 32767


def coarse(meanings):
    return np.clip(np.rint(meanings / COARSE), -8, 7).astype(np.float32) * COARSE


def packed(meanings):
    """Returns coarse meanings with two numbers a byte, the first in the lower half."""
    halves = (meanings // COARSE + 8).astype("u1")
    return halves[:, ::2] | halves[:, 1::2] << 4


def unpacked(table):
    """Returns coarse meanings from the bytes of a table."""
    both = np.frombuffer(table, "u1")
    halves = np.stack([both & 15, both >> 4], 1).astype(np.float32)
    return (halves.reshape(-1, MEANING) - 8) * COARSE


def apart(a, b):
    """Returns the squares of the distances between the rows of two tables of whole numbers."""
    return (a * a).sum(1)[:, None] + (b * b).sum(1)[None] - 2 * a @ b.T


def said_of(holds, counts):
    """Returns what each post says of each label: for it, against it, or nothing, and a little more."""
    return np.where(counts, np.where(holds, 1, -1), 0).astype(np.float32) + np.float32(LIFT)


class Examples:
    """Posts that speak for or against each label, the louder the nearer they are."""

    def __init__(self, meanings, hints, holds, counts):
        self.meanings, self.hints = coarse(meanings), hints
        weights = cho_solve((self.factor(), True), said_of(holds, counts))
        self.scale = (np.abs(weights).max(0) / WHOLE).astype("<f4")
        self.weights = np.rint(weights / self.scale).astype("<i2")

    @classmethod
    def left_out(cls, meanings, hints, holds, counts, author):
        """Returns what the examples of all other authors say of each post.

        Leaving an author out of the examples is leaving their rows out of the inverse, which takes one inverse for all
        authors: what the others say of the left out is what these say themselves, less what their own block gives back.
        """
        every = cls.__new__(cls)
        every.meanings, every.hints = coarse(meanings), hints
        truth, factor = said_of(holds, counts), every.factor()
        weights = cho_solve((factor, True), truth)
        inverse, failed = spotri(factor, lower=1, overwrite_c=1)
        if failed:
            raise SystemExit("the examples are too much alike to be told apart")
        out = np.zeros(truth.shape)
        for left in np.unique(author):
            at = np.flatnonzero(author == left)
            block = np.tril(inverse[np.ix_(at, at)]).astype(float)
            block += np.tril(block, -1).T
            out[at] = truth[at] - np.linalg.solve(block, weights[at])
        return out

    def factor(self):
        """Returns the lower factor of how near the examples are to each other, smoothed."""
        near = self.near(self.meanings, self.hints)
        near[np.diag_indices_from(near)] += np.float32(SMOOTH)
        return cho_factor(near, lower=True, overwrite_a=True)[0]

    @staticmethod
    def fall():
        return [FALL / (MEANING * STEPS**2), HINT_FALL / 100]

    def near(self, meanings, hints):
        meaning, hint = self.fall()
        return np.exp(-(meaning * apart(meanings, self.meanings) + hint * apart(hints, self.hints))).astype(np.float32)

    def say(self, meanings, hints):
        return self.near(meanings, hints) @ self.weights.astype(np.float32) * self.scale


def judge(sums, holds, counts):
    """Returns, a label, what its three sums count and what is added: in fixed shares, and then as likely as they are.

    Only two numbers a label are fitted, on sums of posts whose authors had been left out. For danger, which has posts
    enough, the shares are fitted too: that finds more of it at the same false alarms, and on the other labels less.
    """
    out = np.zeros((len(LABELS), 4))
    for j, label in enumerate(LABELS):
        scaled = 1 / sums[:, j].std(0)
        inputs = sums[:, j] * scaled
        shares = np.eye(3) if label == "danger" else np.array([SHARES]).T
        sure = counts[:, j]
        fit = LogisticRegression(C=100, max_iter=200).fit((inputs @ shares)[sure], holds[sure, j])
        out[j] = [*(shares @ fit.coef_[0] * scaled), fit.intercept_[0]]
    return out.astype("<f4")


def judged(sums, judge):
    """Returns scores in thousandths."""
    z = np.einsum("ijk,jk->ij", sums, judge[:, :3]) + judge[:, 3]
    return np.floor(1000 / (1 + np.exp(-z)) + 0.5).astype(int)
