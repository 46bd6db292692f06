#!/usr/bin/env python3
"""Writes resources/verification from a folder of reference values (ts.tsv, confounds.tsv, golden.json).

usage: make_verification.py REFERENCE_FOLDER OUTPUT_FOLDER

The inputs are made-up numbers (120 volumes x 8 regions, five confounds). Of the reference values only those are taken that the
program computes too; the versions of the packages that gave them go along.
"""
import json
import pathlib
import shutil
import sys

TAKEN = [
    "pearson", "nilearn_correlation_empirical", "fisher_z_offdiag", "detrend_linear_col0", "butter_order5_0.01_0.1_TR2_sosfiltfilt_col0",
    "butter_order2_constant_pad_Tm1_col0 (XCP-D style)", "sos_order5_0.01_0.1_fs0.5", "clean_detrend_conf_zscore_col0",
    "clean_detrend_butter_conf_zscore_col0", "cosine_drift_0.008Hz_ncols(without constant)", "optimize_scrub_in",
    "optimize_scrub_out(min 5,n=120)", "sw_rect_W30_n", "sw_rect_W30_first", "sw_rect_W30_last", "sw_std_over_windows_ddof0_01",
    "sw_gauss_weightedpearson_W30_sigma5_first", "graph_W (|r|, proportional 0.5)", "graph",
    "fd_power_motion(trans mm x3, rot rad x3)", "fd_power",
]
GRAPH_NOT_OURS = ["clustering_wu_nx_scaled_by_max", "participation_sign_pos", "participation_sign_neg",
                  "Q_star_negative_asym_fixed_partition", "connected"]


def main(source, target):
    source, target = pathlib.Path(source), pathlib.Path(target)
    target.mkdir(parents=True, exist_ok=True)
    golden = json.loads((source / "golden.json").read_text())
    taken = {"versions": golden["versions"]}
    for name in TAKEN:
        taken[name] = golden[name]
    taken["graph"] = {k: v for k, v in golden["graph"].items() if k not in GRAPH_NOT_OURS}
    taken["not_compared"] = sorted([k for k in golden if k not in taken] + ["graph: " + k for k in GRAPH_NOT_OURS])
    # One entry a line keeps differences readable.
    lines = [json.dumps(k) + ": " + json.dumps(v, separators=(",", ":")) for k, v in taken.items()]
    (target / "reference.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    shutil.copyfile(source / "ts.tsv", target / "series.tsv")
    shutil.copyfile(source / "confounds.tsv", target / "confounds.tsv")


if __name__ == "__main__":
    main(*sys.argv[1:])
