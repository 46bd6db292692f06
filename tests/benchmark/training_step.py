#!/usr/bin/python3
"""A training step of this engine beside plain PyTorch in two forms, in turn, in one run. Prints a table.

    training_step.py build/ci/bin/chronnect-step-benchmark [--quick] [--threads 2] [--rounds 5] [--keep-memory]

Ours in float32, ours in bf16 and the dense form take steps A B C A B C; then ours and the block-diagonal sparse form.
A ratio is taken within a round, between steps that ran right after each other; medians over rounds are printed. A step:
forward, cross-entropy with the orthogonality term, backward, Adam. All have the same threads and the same environment.

Seconds are printed by the clock and of processor time. On a quiet machine the clock counts; on a busy one only the
processor time with one thread means anything, and threads that wait for each other make nonsense of both.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

PEER = pathlib.Path(__file__).resolve().parent / "peers" / "stagin_step.py"
FULL = {"regions": 400, "crop": 600, "window": 50, "step": 3, "batch": 3}
QUICK = {"regions": 200, "crop": 200, "window": 50, "step": 3, "batch": 2}
TARGETS = {("float32", "dense"): 2 / 3, ("bf16", "dense"): 2 / 5, ("float32", "sparse"): 1 / 10}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="chronnect-step-benchmark")
    parser.add_argument("--quick", action="store_true", help="a smaller size: seconds instead of minutes")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5, help="of ours and the dense form")
    parser.add_argument("--warm", type=int, default=1, help="steps of everybody before the first round")
    parser.add_argument("--sparse-rounds", type=int, default=1, help="of ours and the sparse form; 0 leaves it out")
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall", help="what the ratios are taken of")
    parser.add_argument("--python", default="/usr/bin/python3", help="an interpreter that has torch")
    parser.add_argument("--keep-memory", action="store_true", help="no process gives memory back to the system "
                        "between operations: where fetching fresh pages is dear, that is most of plain PyTorch's time")
    given = parser.parse_args()
    if given.keep_memory:
        os.environ.update(MALLOC_MMAP_MAX_="0", MALLOC_TRIM_THRESHOLD_=str(200 << 30))
    return given


class Worker:
    """A process that takes one step when told to and waits otherwise."""

    def __init__(self, command, threads):
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads))
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def ask(self):
        self.process.stdin.write("step\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args[:2]} ended with status {self.process.wait()}")
        return json.loads(line)

    def finish(self):
        self.process.stdin.close()
        summary = self.answer()
        self.process.wait()
        return summary


def start(given, size, name):
    numbers = [str(size[key]) for key in ("regions", "crop", "window", "step", "batch")]
    if name in ("float32", "bf16"):
        return Worker([given.program, *numbers, str(given.threads), name], given.threads)
    options = [text for key, value in size.items() for text in ("--" + key, str(value))]
    return Worker([given.python, str(PEER), "--serve", "--form", name, "--threads", str(given.threads), *options],
                  given.threads)


def compare(given, size, names, rounds, warm):
    """Steps in turn; seconds of every round by name, and what each process says at its end."""
    workers = {name: start(given, size, name) for name in names}
    for _ in range(warm):
        for worker in workers.values():
            worker.ask()
    times = {name: [] for name in names}
    for turn in range(rounds):
        for name, worker in workers.items():
            answer = worker.ask()
            times[name].append({"wall": answer["seconds"], "cpu": answer["cpu_seconds"]})
        print(f"round {turn + 1}: " + ", ".join(f"{name} {times[name][-1]['wall']:.2f} s (processor "
                                                 f"{times[name][-1]['cpu']:.2f})" for name in names),
              file=sys.stderr, flush=True)
    return times, {name: worker.finish() for name, worker in workers.items()}


def of(values, clock):
    return [value[clock] for value in values]


def print_ratios(times, peer, clock):
    for name in times:
        if name == peer:
            continue
        ratios = sorted(a / b for a, b in zip(of(times[name], clock), of(times[peer], clock)))
        target = TARGETS.get((name, peer))
        verdict = "" if target is None else f"   target {target:.3f} {'met' if statistics.median(ratios) <= target else 'MISSED'}"
        print(f"  {name} / {peer} ({clock}): median {statistics.median(ratios):.3f} of {', '.join(f'{r:.3f}' for r in ratios)}{verdict}")


def print_costs(times, summaries, clock):
    for name in ("float32", "bf16"):
        if name not in summaries:
            continue
        cost, step = summaries[name], statistics.median(of(times[name], clock))
        rate = cost["bf16_matrix_rate" if name == "bf16" and cost["bf16_instructions"] else "matrix_rate"]
        print(f"  {name}: {cost['products'] / 1e12:.3f} TFLOP in products and {cost['neighbour_sums'] / 1e12:.3f} in "
              f"neighbour sums a step (plain dense form: {cost['plain_products'] / 1e12:.3f}), {cost['bytes'] / 1e9:.1f} GB "
              f"of memory traffic by count")
        print(f"    products alone take {100 * cost['products'] / step / rate:.0f} % of the measured matrix rate "
              f"({rate / 1e9:.0f} GFLOP/s), traffic {100 * cost['bytes'] / step / cost['memory_rate']:.0f} % of the measured "
              f"memory rate ({cost['memory_rate'] / 1e9:.1f} GB/s); building the graphs, outside the step: "
              f"{cost['graph_seconds']:.2f} s")


def print_table(times, summaries):
    print(f"  {'':8} {'median s':>9} {'least s':>9} {'processor s':>12} {'peak MB':>9}")
    for name, values in times.items():
        wall, cpu = of(values, "wall"), of(values, "cpu")
        print(f"  {name:8} {statistics.median(wall):9.2f} {min(wall):9.2f} {statistics.median(cpu):12.2f} "
              f"{summaries[name]['peak_rss_bytes'] / 1e6:9.0f}")


def main():
    given = arguments()
    size = QUICK if given.quick else FULL
    settings = {key: value for key, value in os.environ.items() if key.startswith(("OPENBLAS_", "MALLOC_"))}
    times, summaries = compare(given, size, ["float32", "dense", "bf16"], given.rounds, given.warm)
    ours = summaries["float32"]
    print(f"N = {size['regions']}, crop {size['crop']}, window {size['window']}, step {size['step']}, batch {size['batch']} "
          f"= {int(ours['windows'])} windows; {given.threads} threads; {ours['library']}; ours on {ours['blas']}; peer on "
          f"{', '.join(summaries['dense']['blas'])}; settings: {settings or 'none'}")
    print_table(times, summaries)
    print_ratios(times, "dense", given.clock)
    print_costs(times, summaries, given.clock)
    if given.sparse_rounds > 0:
        # Warm, too: in a first round one side steps while the other still starts up beside it.
        times, summaries = compare(given, size, ["float32", "sparse"], given.sparse_rounds, given.warm)
        print_table(times, summaries)
        print_ratios(times, "sparse", given.clock)


if __name__ == "__main__":
    main()
