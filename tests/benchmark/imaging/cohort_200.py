#!/usr/bin/env python3
"""A cohort of 200 runs through `chronnect-cli extract`: cores used, time to stop, and that a second call goes on where it stopped.

usage: cohort_200.py CHRONNECT_CLI [RUNS]
"""
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time


def call(words, **more):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, **more)


def finished(folder):
    return sum(1 for _ in pathlib.Path(folder).rglob("*_timeseries.json"))


def main(cli, runs=200):
    with tempfile.TemporaryDirectory(prefix="chronnect-cohort-") as place:
        study, output = place + "/study", place + "/series"
        call([cli, "simulate", study, "--subjects", str(runs), "--second-sessions", "0", "--volumes", "200", "--voxel-mm", "7"])
        size = sum(f.stat().st_size for f in pathlib.Path(study).rglob("*_bold.nii.gz")) / 1e6
        words = [cli, "extract", study, "--output", output, "--json", "--quiet"]

        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while finished(output) < runs // 3 and process.poll() is None:
            time.sleep(0.01)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        code = process.wait()
        stopped, left = time.monotonic() - sent, finished(output)

        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        rest = json.loads(call(words).stdout)
        wall = time.monotonic() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

        start = time.monotonic()
        again = json.loads(call(words).stdout)
        skipped = time.monotonic() - start

        print(f"{runs} runs, {size:.0f} MB of .nii.gz, {os.cpu_count()} cores")
        print(f"  interrupted after {left} runs: stopped {1000 * stopped:.0f} ms after the signal, exit code {code}")
        print(f"  second call: {rest['unchanged']:.0f} kept, {rest['written'] - rest['unchanged']:.0f} made in {wall:.1f} s, {cpu / wall:.2f} cores busy")
        print(f"  third call: {again['unchanged']:.0f} of {again['written']:.0f} unchanged in {skipped:.1f} s")
        good = code == 130 and stopped < 0.2 and rest["unchanged"] >= left and again["unchanged"] == runs
        print("  holds" if good else "  BROKEN")
        return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200))
