#!/usr/bin/python3
"""The peers must be the network they claim to be: same outputs as the public checkpoints, both forms alike."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

try:
    import numpy
    import torch
except ImportError:
    print("SKIPPED: PyTorch or NumPy for Python not found")
    sys.exit(77)

from stagin_network import Stagin, graphs, orthogonality, window_starts

HERE = pathlib.Path(__file__).resolve().parent
SHARED = pathlib.Path(os.environ.get("CHRONNECT_SHARED", HERE.parents[2].parent / "shared")) / "reference" / "stagin"


def samples():
    return [("sero", "sum"), ("garo", "mean"), ("sero", "param")] if SHARED.is_dir() else []


def load(readout, pooling, form):
    shapes = json.loads((SHARED / "shapes.json").read_text())
    network = Stagin(shapes["regions"], shapes["hidden"], shapes["classes"], shapes["layers"], shapes["heads"], readout,
                     pooling, form)
    network.load_state_dict(torch.load(SHARED / f"model_{readout}_{pooling}.pth"))
    return network.eval(), numpy.load(SHARED / f"expected_{readout}_{pooling}.npz"), shapes


def exact_outputs(readout, pooling, form):
    """In float64, so that the last digits depend on no processor; and what the public code gave in float32."""
    network, expected, shapes = load(readout, pooling, form)
    series = torch.from_numpy(expected["timeseries"]).double()
    adjacency = torch.from_numpy(expected["adjacency"]).double()
    with torch.no_grad():
        outputs = network.double()(series, adjacency, expected["window_start"].tolist(), shapes["window"])
    return outputs, expected


class Reference(unittest.TestCase):
    def setUp(self):
        if not samples():
            self.skipTest("reference data not found; set CHRONNECT_SHARED")

    def test_outputs_of_the_public_checkpoints(self):
        for readout, pooling in samples():
            for form in ("sparse", "dense"):
                outputs, expected = exact_outputs(readout, pooling, form)
                names = ("logits", "node_attention", "time_attention", "latent", "ortho")
                for name, output in zip(names, outputs):
                    largest = numpy.abs(expected[name] - output.numpy()).max()
                    scale = max(1.0, numpy.abs(expected[name]).max())
                    with self.subTest(readout=readout, pooling=pooling, form=form, output=name):
                        self.assertEqual(output.numpy().shape, expected[name].shape)
                        self.assertLess(largest / scale, 1e-5)

    def test_graphs(self):
        _, expected, shapes = load("sero", "sum", "dense")
        made = graphs(torch.from_numpy(expected["timeseries"]).float(), shapes["window"], shapes["stride"])
        self.assertEqual(window_starts(shapes["volumes"], shapes["window"], shapes["stride"]),
                         expected["window_start"].tolist())
        self.assertLessEqual(int((made.numpy() != expected["adjacency"]).sum()), 8)  # ties may fall either way


class Forms(unittest.TestCase):
    def test_same_loss_and_same_gradients(self):
        torch.manual_seed(1)
        series = torch.randn(2, 60, 20)
        starts, label = window_starts(60, 20, 5), torch.tensor([0, 1])
        adjacency = graphs(series, 20, 5)
        results = {}
        for form in ("sparse", "dense"):
            torch.manual_seed(2)
            network = Stagin(20, 16, form=form, dropout=0.0, attention_dropout=0.0)
            logits, _, _, _, ortho = network(series, adjacency, starts, 20)
            loss = torch.nn.functional.cross_entropy(logits, label) + 1e-5 * ortho
            loss.backward()
            results[form] = (loss.item(), {name: p.grad for name, p in network.named_parameters()})
        self.assertAlmostEqual(results["sparse"][0], results["dense"][0], places=5)
        for name, gradient in results["sparse"][1].items():
            other = results["dense"][1][name]
            # A bias before batch normalisation has no effect: its gradient is rounding alone.
            self.assertLess((gradient - other).abs().max().item(), 1e-4 + 1e-3 * other.abs().max().item(), name)

    def test_counts(self):
        for readout, count in (("sero", 1209804), ("garo", 1068428), ("mean", 936332)):
            self.assertEqual(sum(p.numel() for p in Stagin(400, readout=readout).parameters()), count)
        self.assertEqual(len(window_starts(600, 50, 3)), 184)
        self.assertEqual(len(window_starts(490, 50, 16)), 28)
        self.assertEqual(int(graphs(torch.randn(1, 51, 400), 50, 3).sum()), 48000)

    def test_orthogonality_is_zero_for_orthonormal_codes(self):
        self.assertAlmostEqual(orthogonality(torch.eye(6).view(1, 1, 6, 6)).item(), 0.0)

    def test_the_timing_program_reports(self):
        for form in ("sparse", "dense"):
            command = [sys.executable, str(HERE / "stagin_step.py"), "--form", form, "--regions", "12", "--crop", "40",
                       "--window", "20", "--step", "5", "--batch", "2", "--hidden", "8", "--threads", "1"]
            report = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
            self.assertEqual(report["windows"], 8)
            self.assertEqual(len(report["seconds"]), 3)
            self.assertGreater(report["peak_rss_bytes"], 1e7)


if __name__ == "__main__":
    unittest.main()
