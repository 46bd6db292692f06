#!/usr/bin/python3
"""What predict wrote for a public checkpoint, against plain PyTorch in float64.

The stored outputs of the public code are float32's: the codes are up to 1.24e-6 of the largest from the exact ones.

usage: checkpoint_peer.py READOUT_POOLING OUTPUT.npz
"""
import pathlib
import sys

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "benchmark" / "peers"))
from test_peers import exact_outputs  # noqa: E402


def main(name, output):
    found = numpy.load(output)
    exact, _ = exact_outputs(*name.split("_"), "dense")
    for key, values in zip(("logits", "node_attention", "time_attention", "latent"), exact):
        values = values.numpy()
        numpy.testing.assert_allclose(found[key], values, rtol=0, atol=1e-6 * numpy.abs(values).max(), err_msg=key)


if __name__ == "__main__":
    main(*sys.argv[1:])
