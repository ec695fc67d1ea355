"""Handwritten digits, 8 × 8, from scikit-learn; drawn from noise in an image that has no scikit-learn."""

import sys

import numpy as np


def digits(seed, batch=32):
    """Shuffled batches of (images in 0..1 shaped [batch, 8, 8], labels 0..9)."""
    random = np.random.default_rng(seed)
    try:
        from sklearn.datasets import load_digits

        images, labels = load_digits(return_X_y=True)
        images = images.reshape(-1, 8, 8) / 16
    except ImportError:
        print("no scikit-learn here: made-up digits instead", file=sys.stderr)
        labels = random.integers(0, 10, 1797)
        prototypes = random.random((10, 8, 8))
        images = np.clip(prototypes[labels] + random.normal(0, 0.2, (1797, 8, 8)), 0, 1)
    order = random.permutation(len(images))
    starts = range(0, len(images) - batch + 1, batch)
    return [
        (images[order[i : i + batch]].astype(np.float32), labels[order[i : i + batch]].astype(np.int32)) for i in starts
    ]
