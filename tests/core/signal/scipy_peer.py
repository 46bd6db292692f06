"""Computes the steps of cleaning with SciPy and NumPy on the input that the test wrote (x.npy, confounds.npy)."""
import sys
import numpy as np
from scipy import interpolate, linalg, signal

folder = sys.argv[1] + "/"
x, confounds = np.load(folder + "x.npy"), np.load(folder + "confounds.npy")
np.save(folder + "detrend.npy", signal.detrend(x, axis=0))

bands = [(0.008, 0.1), (0.02, 0.24), (0.001, 0.2)]
for order in range(1, 9):
    for index, band in enumerate(bands):
        sos = signal.butter(order, band, "bandpass", fs=0.5, output="sos")
        np.save(folder + f"sos_{order}_{index}.npy", sos)
        np.save(folder + f"filtered_{order}_{index}.npy", signal.sosfiltfilt(sos, x, axis=0))
    for kind, cut in (("low", 0.09), ("high", 0.009)):
        sos = signal.butter(order, cut, kind, fs=0.5, output="sos")
        np.save(folder + f"sos_{order}_{kind}.npy", sos)
        np.save(folder + f"filtered_{order}_{kind}.npy", signal.sosfiltfilt(sos, x, axis=0))

# Least squares on the z-scored confounds, as nilearn regresses them out.
z = (confounds - confounds.mean(0)) / confounds.std(0, ddof=1)
np.save(folder + "residual.npy", x - z @ linalg.lstsq(z, x)[0])

keep = np.load(folder + "keep.npy") > 0
at = np.arange(len(x))
spline = interpolate.CubicSpline(at[keep], x[keep], bc_type="not-a-knot")
np.save(folder + "bridged.npy", np.where(keep[:, None], x, spline(at)))
