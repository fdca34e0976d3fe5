"""
scikit-learn's stratified splits and folds, index for index, of many sets of labels, each made by
formula. Writes sklearn_stratified.json, for data/stratified_test.ts, which has the formula too. And
the test part that is split off the 10,000 digits, for stages/split_test.ts.
"""

import gzip
import hashlib

import common
import numpy as np
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.utils.extmath import _approximate_mode

SHARES = [0.01, 0.07, 0.1, 0.2, 0.25, 0.3, 1 / 3, 0.5, 0.6, 0.75, 0.9, 0.99]
SPLITS = [2, 3, 4, 5, 7, 10, 20]


def labels_of(classes, least, most, seed):
    """Labels of classes of `least` to `most` rows, each eighth one near `least`, in disorder."""
    spread = [(most - least) >> (label % 8) for label in range(classes)]
    states = common.lcg(seed, classes).tolist()
    sizes = [least + (state >> 8) % (s + 1) for state, s in zip(states, spread, strict=True)]
    labels = np.repeat(np.arange(classes), sizes)
    # No state occurs twice.
    return labels[np.argsort(common.lcg(seed + 1, len(labels)))]


def digest(splits):
    """The beginning of the SHA-256 of the indices of all parts in order, as little-endian uint32."""
    parts = [np.asarray(part).astype("<u4").tobytes() for split in splits for part in split]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


def refused(labels, lacking):
    """The smallest of the classes that a part would be without, the first of several."""
    counts = np.bincount(labels)
    return f"refused {min(lacking, key=lambda label: (counts[label], label))}"


def split(labels, share, seed):
    classes, counts = np.unique(labels, return_counts=True)
    held_out = int(np.ceil(share * len(labels)))
    random = np.random.RandomState(seed)
    train = _approximate_mode(counts, len(labels) - held_out, random)
    test = _approximate_mode(counts - train, held_out, random)
    lacking = classes[(train == 0) | (test == 0)]
    if len(lacking) > 0:
        return refused(labels, lacking)
    rows = np.arange(len(labels))
    parts = train_test_split(rows, test_size=share, stratify=labels, random_state=seed)
    # That these are the numbers of each class is what the refusals rest on.
    for part, expected in zip(parts, (train, test), strict=True):
        assert (np.unique(labels[part], return_counts=True)[1] == expected).all()
    return digest([parts])


def folds(labels, count, seed):
    classes, counts = np.unique(labels, return_counts=True)
    if counts.min() < count:  # scikit-learn warns of it.
        return refused(labels, classes[counts < count])
    return digest(StratifiedKFold(count, shuffle=True, random_state=seed).split(labels, labels))


def cases(count):
    """Each `what classes least most seed share-or-folds result`."""
    random = np.random.RandomState(43)
    while count > 0:
        classes = int(random.choice([2, 3, 5, 10, 26, 47, 100, 200]))
        least = int(random.choice([0, 1, 2, 5, 20, 50]))
        most = int(random.choice([least, least + 1, least + 10, 100, 300, 1000]))
        seed = int(random.randint(2**31))
        if most < least:
            continue
        labels = labels_of(classes, least, most, seed)
        if random.randint(2) == 0:
            what, of = "split", float(random.choice([*SHARES, round(random.random_sample(), 3)]))
            fits = 0 < of < 1 and int(np.ceil(of * len(labels))) < len(labels)
            result = split(labels, of, seed) if fits else None
        else:
            what, of = "folds", int(random.choice(SPLITS))
            result = folds(labels, of, seed) if of <= len(labels) else None
        if result is not None:
            yield f"{what} {classes} {least} {most} {seed} {of} {result}"
            count -= 1


found = list(cases(400))
common.table("sklearn_stratified.json", {"cases": found}, 0)
kinds = [(case.split()[0], "refused" in case) for case in found]
print({kind: kinds.count(kind) for kind in sorted(set(kinds))})

file = common.folder("ATELIER_DATA_DIR") / "t10k-labels-idx1-ubyte.gz"
digits = np.frombuffer(gzip.decompress(file.read_bytes()), np.uint8, offset=8)
_, test = train_test_split(digits, test_size=0.2, stratify=digits, random_state=3)
common.constants(
    "stages/split_test.ts",
    {"digits": [list(np.bincount(test)), hashlib.sha256(test.tobytes()).hexdigest()]},
)
