"""Smooths the volume that the test wrote (x.npy, i slowest) with SciPy inside a mask (mask.npy): the normalised convolution."""
import sys
import numpy as np
from scipy import ndimage

folder = sys.argv[1] + "/"
x, mask = np.load(folder + "x.npy"), np.load(folder + "mask.npy")
spacing, width = np.array([2.0, 3.0, 2.5]), 6.0
sigma = width / np.sqrt(8 * np.log(2)) / spacing
use = mask > 0.5


def smooth(values):
    return ndimage.gaussian_filter(values, sigma, mode="constant", truncate=4.0)


result = np.where(use, smooth(np.where(use, x, 0.0)) / np.where(use, smooth(use.astype(float)), 1.0), 0.0)
np.save(folder + "smooth.npy", result)
