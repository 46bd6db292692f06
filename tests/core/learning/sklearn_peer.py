"""Fits scikit-learn's linear models and SciPy's matrix functions on what the test wrote (inputs.npz), and scores
predictions with scikit-learn's metrics."""
import sys

import numpy as np
from scipy import linalg
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import balanced_accuracy_score, brier_score_loss, mean_absolute_error, r2_score, roc_auc_score
from sklearn.svm import LinearSVC

folder = sys.argv[1] + "/"
given = np.load(folder + "inputs.npz")
x, y, z, label, number = (given[name].astype(float) for name in ("train", "test", "series", "label", "number"))
label = label.astype(int)

# Standardised features over the square root of their count, and a constant 1: the kernel is then x x' / F + 1.
mean, deviation = x.mean(0), x.std(0)
design = lambda rows: np.hstack([(rows - mean) / deviation / np.sqrt(x.shape[1]), np.ones((len(rows), 1))])
out = {}
for penalty in (0.01, 1.0, 10.0):
    name = f"{penalty:g}"
    ridge = Ridge(alpha=penalty, fit_intercept=False).fit(design(x), number - number.mean())
    out["ridge_" + name] = ridge.predict(design(y)) + number.mean()
    logistic = LogisticRegression(C=1 / penalty, fit_intercept=False, class_weight="balanced", solver="newton-cholesky", tol=1e-10)
    out["logistic_" + name] = logistic.fit(design(x), label).decision_function(design(y))
    svm = LinearSVC(C=0.5 / penalty, fit_intercept=False, class_weight="balanced", dual=False, tol=1e-12, max_iter=1000000)
    out["svm_" + name] = svm.fit(design(x), label).decision_function(design(y))

# Tangent space: shrunk correlations, geometric mean by the fixed point, log of the whitened matrix.
matrices = [0.8 * np.corrcoef(s.T) + 0.2 * np.eye(s.shape[1]) for s in z]
centre = np.mean(matrices, 0)
for _ in range(50):
    root = linalg.sqrtm(centre).real
    inverse = np.linalg.inv(root)
    centre = root @ linalg.expm(np.mean([linalg.logm(inverse @ m @ inverse).real for m in matrices], 0)) @ root
inverse = np.linalg.inv(linalg.sqrtm(centre).real)
upper = np.triu_indices(z.shape[2])
weight = np.where(upper[0] == upper[1], 1, np.sqrt(2))
out["tangent"] = np.array([linalg.logm(inverse @ m @ inverse).real[upper] * weight for m in matrices])
lower = np.triu_indices(z.shape[2], 1)
out["static"] = np.array([np.arctanh(np.corrcoef(s.T)[lower]) for s in z])

p, truth, many, kinds = given["p"].astype(float), given["truth"].astype(int), given["many"].astype(float), given["kinds"].astype(int)
out["metrics"] = np.array([roc_auc_score(truth, p), balanced_accuracy_score(truth, p >= 0.5), brier_score_loss(truth, p),
                           roc_auc_score(kinds, many, multi_class="ovr", average="macro"),
                           balanced_accuracy_score(kinds, many.argmax(1)), mean_absolute_error(truth, p), r2_score(truth, p)])
for name, value in out.items():
    np.save(folder + name + ".npy", np.asarray(value, np.float64))
