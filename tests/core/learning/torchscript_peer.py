"""Loads the exported modules and runs them on series.npy with nothing but PyTorch and NumPy."""
import json
import struct
import sys
from pathlib import Path

import numpy as np
import torch

folder = Path(sys.argv[1])
series = torch.from_numpy(np.load(folder / "series.npy"))
for file in sorted(folder.glob("*.pt")):
    extra = {"chronnect.json": ""}
    module = torch.jit.load(str(file), _extra_files=extra)
    about = json.loads(extra["chronnect.json"])
    with torch.no_grad():
        z = module.standardise(series)
        starts = module.windows(series.shape[1])
        out = module(z, starts)
        predicted = module.predict(series)
        graphs = module.graphs(z, starts)
    names = ("logits", "node_attention", "time_attention", "latent") if about["kind"] == "finetuned" else ("codes",)
    arrays = dict(zip(names, out if isinstance(out, tuple) else (out,)))
    arrays.update(predicted=predicted, graphs=graphs, starts=starts)
    for name, value in arrays.items():
        np.save(folder / f"{file.stem}_{name}.npy", value.numpy().astype(np.float32))
    weights = file.with_suffix(".safetensors")
    if weights.exists():  # the format by hand: length, header, data
        raw = weights.read_bytes()
        size = struct.unpack("<Q", raw[:8])[0]
        header = json.loads(raw[8:8 + size])
        state = {name: buffer.numpy() for name, buffer in module.named_buffers()}
        for name, entry in header.items():
            if name == "__metadata__" or "num_batches" in name or name.startswith("objective."):
                continue
            a, b = entry["data_offsets"]
            value = np.frombuffer(raw[8 + size + a:8 + size + b], np.float32).reshape(entry["shape"])
            assert np.array_equal(value, state[name.replace(".", "_")]), name
