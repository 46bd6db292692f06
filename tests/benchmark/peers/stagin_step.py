#!/usr/bin/python3
"""Times one training step of the peer network: forward, loss, orthogonality term, backward, Adam. Prints JSON.

    stagin_step.py --form sparse|dense --regions 400 --crop 600 --window 50 --step 3 --batch 3 --threads 2 --repeats 3

With --serve it takes a step for every line it reads and answers each with a line of JSON; the report comes at the end.
"""
import argparse
import json
import os
import resource
import sys
import time


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--form", choices=["sparse", "dense"], required=True)
    for name, value in (("regions", 400), ("crop", 600), ("window", 50), ("step", 3), ("batch", 3), ("hidden", 128),
                        ("threads", os.cpu_count()), ("repeats", 3), ("seed", 0)):
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("--serve", action="store_true", help="take a step for every line of the input")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N")
    return parser.parse_args()


def blas_in_use():
    """The BLAS files this process has mapped: Debian's PyTorch takes whatever the system's alternatives point to."""
    with open("/proc/self/maps") as maps:
        files = {line.split()[-1] for line in maps if "blas" in line.rsplit("/", 1)[-1]}
    return sorted(files)


def sgemm_gflops(torch, size=2048):
    a, b = torch.randn(size, size), torch.randn(size, size)
    a @ b
    start = time.perf_counter()
    a @ b
    return 2e-9 * size ** 3 / (time.perf_counter() - start)


def main():
    given = arguments()
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(given.threads)  # read when the libraries are loaded
    import torch
    from stagin_network import Stagin, graphs, window_starts

    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    gflops = sgemm_gflops(torch)
    device = torch.device(given.device)
    wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    series = torch.randn(given.batch, given.crop, given.regions).to(device)
    label = (torch.arange(given.batch) % 2).to(device)
    starts = window_starts(given.crop, given.window, given.step)
    network = Stagin(given.regions, given.hidden, form=given.form).to(device)
    optimiser = torch.optim.Adam(network.parameters(), lr=5e-4)

    begin = time.perf_counter()
    adjacency = graphs(series, given.window, given.step)
    wait()
    graph_seconds = time.perf_counter() - begin
    seconds, losses = [], []
    for _ in (sys.stdin if given.serve else range(given.repeats)):
        begin, used = time.perf_counter(), time.process_time()
        optimiser.zero_grad()
        logits, _, _, _, ortho = network(series, adjacency, starts, given.window)
        loss = torch.nn.functional.cross_entropy(logits, label) + 1e-5 * ortho
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        wait()
        seconds.append(time.perf_counter() - begin)
        del logits, ortho, loss
        if given.serve:
            print(json.dumps({"seconds": seconds[-1], "cpu_seconds": time.process_time() - used, "loss": losses[-1]}),
                  flush=True)
        else:
            print(f"step {len(seconds)}: {seconds[-1]:.2f} s", file=sys.stderr, flush=True)
    print(json.dumps({
        "form": given.form, "regions": given.regions, "crop": given.crop, "window": given.window, "step": given.step,
        "batch": given.batch, "hidden": given.hidden, "windows": given.batch * len(starts), "threads": given.threads,
        "seconds": seconds, "best_seconds": min(seconds, default=None), "graph_seconds": graph_seconds, "losses": losses,
        "device": given.device,
        "peak_device_bytes": torch.cuda.max_memory_allocated() if device.type == "cuda" else None,
        "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "parameters": sum(p.numel() for p in network.parameters()), "torch": torch.__version__,
        "blas": blas_in_use(), "sgemm_gflops": gflops}))


if __name__ == "__main__":
    main()
