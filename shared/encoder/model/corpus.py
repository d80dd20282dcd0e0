"""The corpus: posts of several authors with their labels."""

import csv
import glob
import os
import re

import numpy as np

# In the order of the crate's `Label`. The last is made here: it holds where either of DANGERS does.
LABELS = """abuse obscene threat defamation complaint praise patient_identity staff_identity safeguarding clinical_urgent
distress scam_spam misinformation photo_recording appointment_or_clinical claims_consent not_english criticism
danger""".split()
DANGERS = {"safeguarding", "clinical_urgent"}
# Those that a policy can act on, and that the tables sum up.
SCORED = [label for label in LABELS if label not in ("criticism", "danger")]


def posts(folder):
    """Returns the posts in order: id, author, text, the labels that hold, and those that could be argued either way."""
    found = []
    for path in sorted(glob.glob(os.path.join(folder, "*.csv"))):
        with open(path, newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                holds = {label for label in row["labels"].split(";") if label}
                told = re.match(r"alt:\s*([a-z_]+(?:\s*,\s*[a-z_]+)*)", row["notes"].strip())
                argued = {label.strip() for label in told[1].split(",")} if told else set()
                if holds & DANGERS:
                    holds.add("danger")
                if (holds | argued) & DANGERS and not (holds - argued) & DANGERS:
                    argued.add("danger")
                author = os.path.basename(path)[:-4]
                found.append(dict(id=row["id"], author=author, text=row["text"], holds=holds, argued=argued))
    return found


def truth(rows):
    """Returns, a row a post and a column a label, what holds and what is not arguable."""
    holds = np.array([[label in row["holds"] for label in LABELS] for row in rows])
    counts = np.array([[label not in row["argued"] for label in LABELS] for row in rows])
    return holds, counts
