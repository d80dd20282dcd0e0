"""Heads that listen to every piece of a text.

A piece's row of 1,152 numbers goes through one hidden layer, and beside it, to three numbers a label: how much the piece
is heeded (as a power of e), what it says as far as it is heeded, and what it says anyway. A text says the sum of what its
pieces say, shared out by heed, and the mean of what they say anyway; so does each sentence. Hints of the rules are added
to what the text says. It learns from the text and, less, from the sentence that says most.

Written out in numpy, in one thread, so that the same processor gives the same weights.
"""

import numpy as np

from corpus import LABELS

COUNT, MEANING, HIDDEN, HEED = len(LABELS), 1152, 128, 9.0
# Passes over the texts, texts a step, how fast it learns and forgets, shares of a text's numbers, of the hidden layer's
# and of its pieces that are left out at random, and what the top sentence counts. As they were first set, and found good
# on authors left out.
PASSES, TEXTS, RATE, DECAY, DROPPED, HIDDEN_DROPPED, PIECES_DROPPED, TOP = 8, 64, 1e-3, 0.05, 0.2, 0.3, 0.1, 0.3


class Texts:
    """Pieces of many texts, one after the other."""

    def __init__(self, rows, sentences, hints):
        self.rows, self.sentences, self.hints = rows, sentences, hints.astype(np.float32) / 10
        self.ends = np.cumsum([len(s) for s in sentences])
        self.starts = self.ends - [len(s) for s in sentences]


class Batch:
    """The pieces of some texts; `kept` says which, for those that are not left out."""

    def __init__(self, texts, which, kept=None):
        at = [np.arange(texts.starts[i], texts.ends[i]) for i in which]
        sentences = [texts.sentences[i] for i in which]
        if kept is not None:
            keep = [kept(len(a)) for a in at]
            at, sentences = [a[k] for a, k in zip(at, keep)], [s[k] for s, k in zip(sentences, keep)]
        self.x = texts.rows[np.concatenate(at)]
        self.hints = texts.hints[which]
        lengths = np.array([len(a) for a in at])
        self.text_starts = np.cumsum(lengths) - lengths
        self.text_of = np.repeat(np.arange(len(at)), lengths)
        # Pieces of one sentence stand together; so do those of none.
        sentence = np.concatenate(sentences)
        new = np.ones(len(sentence), bool)
        new[1:] = (sentence[1:] != sentence[:-1]) | (self.text_of[1:] != self.text_of[:-1])
        self.run_starts, self.run_of = np.flatnonzero(new), np.cumsum(new) - 1
        self.run_text, self.run_said = self.text_of[self.run_starts], sentence[self.run_starts] >= 0
        first = np.ones(len(self.run_text), bool)
        first[1:] = self.run_text[1:] != self.run_text[:-1]
        self.text_runs = np.flatnonzero(first)


def pooled(heed, says, anyway, starts, of):
    """Returns what groups of pieces say, and the share of each piece in the two parts of it."""
    total = np.add.reduceat(heed, starts)
    share = heed / total[of]
    part = np.add.reduceat(share * says, starts)
    one = 1 / np.bincount(of).astype(np.float32)
    return part + np.add.reduceat(anyway, starts) * one[:, None], share, part, one


class Heads:
    def __init__(self, hints, seed):
        chance = np.random.default_rng(seed)
        draw = lambda scale, *shape: (chance.standard_normal(shape) * scale).astype(np.float32)
        # The hidden layer's weights, and beside them those that go straight to the labels.
        self.first = np.hstack([draw(MEANING**-0.5, MEANING, HIDDEN), draw(1e-3, MEANING, 3 * COUNT)])
        self.first_bias = np.zeros(HIDDEN + 3 * COUNT, np.float32)
        self.second = draw(0.3 * HIDDEN**-0.5, HIDDEN, 3 * COUNT)
        self.hints = np.zeros((hints, COUNT), np.float32)
        self.bias = np.full(COUNT, -2, np.float32)
        self.chance = chance

    def weights(self):
        return [self.first, self.first_bias, self.second, self.hints, self.bias]

    def says(self, batch, hidden_kept=None):
        """Returns what each text says, and what its sentence that says most does; keeps what learning needs."""
        first = batch.x @ self.first + self.first_bias
        hidden = np.maximum(first[:, :HIDDEN], 0)
        if hidden_kept is not None:
            hidden *= hidden_kept[batch.text_of]
        found = first[:, HIDDEN:] + hidden @ self.second
        raw, says, anyway = found[:, :COUNT], found[:, COUNT : 2 * COUNT], found[:, 2 * COUNT :]
        heed = np.exp(np.clip(raw, -HEED, HEED))
        text = pooled(heed, says, anyway, batch.text_starts, batch.text_of)
        run = pooled(heed, says, anyway, batch.run_starts, batch.run_of)
        said = np.where(batch.run_said[:, None], run[0], -np.inf)
        top = np.maximum.reduceat(said, batch.text_runs)
        whole = text[0] + batch.hints @ self.hints + self.bias
        self.kept = hidden, raw, says, text, run, said, top
        return whole, np.where(np.isfinite(top), top, 0) + self.bias

    def slopes(self, batch, of_whole, of_top, hidden_kept):
        """Returns the slope of each of the weights, given those of what the texts and their top sentences say."""
        hidden, raw, says, text, run, said, top = self.kept
        of_run = np.where(said == top[batch.run_text], of_top[batch.run_text], 0) * batch.run_said[:, None]
        raw_slope = says_slope = anyway_slope = 0
        for slope, (_, share, part, one), of in ((of_whole, text, batch.text_of), (of_run, run, batch.run_of)):
            heeded = slope[of] * share
            says_slope = says_slope + heeded
            raw_slope = raw_slope + heeded * (says - part[of])
            anyway_slope = anyway_slope + (slope * one[:, None])[of]
        found = np.hstack([raw_slope * (np.abs(raw) < HEED), says_slope, anyway_slope])
        inner = (found @ self.second.T) * (hidden > 0) * hidden_kept[batch.text_of]
        first = np.hstack([inner, found])
        return [batch.x.T @ first, first.sum(0), hidden.T @ found, batch.hints.T @ of_whole, (of_whole + of_top).sum(0)]

    def learn(self, texts, which, holds, counts, common):
        """Learns from texts; a `common` text is read in every pass, another in every second one."""
        chance, weights = self.chance, self.weights()
        moments = [(np.zeros_like(w), np.zeros_like(w)) for w in weights]
        known, held = counts[which], (holds & counts)[which]
        rarity = np.sqrt((known & ~held).sum(0) / np.maximum(held.sum(0), 1)).astype(np.float32)
        steps, step = PASSES * (common[which].sum() + (~common[which]).sum() / 2) / TEXTS, 0
        keep = lambda share, *shape: (chance.random(shape, np.float32) >= share) / np.float32(1 - share)
        for _ in range(PASSES):
            now = which[common[which] | (chance.random(len(which)) < 0.5)]
            now = chance.permutation(now)
            for at in range(0, len(now), TEXTS):
                some = now[at : at + TEXTS]
                batch = Batch(texts, some, lambda n: chance.random(n) >= PIECES_DROPPED if n > 8 else np.ones(n, bool))
                batch.x *= keep(DROPPED, len(some), MEANING)[batch.text_of]
                hidden_kept = keep(HIDDEN_DROPPED, len(some), HIDDEN)
                said = self.says(batch, hidden_kept)
                weight = np.where(holds[some], rarity, 1) * counts[some]
                weight = (weight / weight.sum()).astype(np.float32)
                slopes = [(1 / (1 + np.exp(-z)) - holds[some]) * weight for z in said]
                slopes = self.slopes(batch, slopes[0], TOP * slopes[1], hidden_kept)
                # Faster for a tenth of the way, then slower along a half wave.
                step += 1
                done = step / steps
                rate = RATE * (done * 10 if done < 0.1 else (1 + np.cos(np.pi * min(done / 0.9 - 1 / 9, 1))) / 2)
                for w, slope, (mean, square) in zip(weights, slopes, moments):
                    mean += 0.1 * (slope - mean)
                    square += 0.001 * (slope * slope - square)
                    move = mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
                    w -= (rate * (move + DECAY * w)).astype(np.float32)
        return self

    def read(self, texts, which):
        """Returns what each text says, and what its top sentence does."""
        out = []
        for at in range(0, len(which), TEXTS):
            out.append(np.stack(self.says(Batch(texts, which[at : at + TEXTS])), 2))
        return np.concatenate(out)
