"""Writes arrays in every form that readSeries must understand, and checks the files that the program wrote."""
import sys
import numpy as np

folder = sys.argv[1] + "/"
x = np.load(folder + "ours.npy")
assert x.dtype == np.float64 and x.shape == (12, 5) and x.flags["C_CONTIGUOUS"], x.shape
with np.load(folder + "ours.npz") as archive:
    assert sorted(archive.files) == ["a", "b"] and archive["b"].shape == (12, 5) and archive["b"].dtype == np.float32
    assert np.array_equal(archive["b"], x.astype("f4"))

whole = np.arange(60).reshape(12, 5)
for name in ("<f2", ">f2", "<f4", ">f4", "<f8", ">f8", "<i1", "<i2", ">i2", "<i4", ">i4", "<i8", ">i8", "<u1", "<u2", ">u4", "<u8"):
    plain = name.replace("<", "l").replace(">", "b")
    np.save(folder + f"c_{plain}.npy", whole.astype(name))
    np.save(folder + f"f_{plain}.npy", np.asfortranarray(whole.astype(name)))
with open(folder + "v2.npy", "wb") as file:
    np.lib.format.write_array(file, x, version=(2, 0))
with open(folder + "v3.npy", "wb") as file:
    np.lib.format.write_array(file, x, version=(3, 0))
np.save(folder + "squeezed.npy", x[None, :, :, None])
np.savez(folder + "stored.npz", series=x, label=np.array(["a", "b"]))
np.savez_compressed(folder + "compressed.npz", series=x, object=np.array([{}], dtype=object))

try:
    from scipy import io
except ImportError:
    sys.exit(0)
ours = io.loadmat(folder + "ours.mat")
assert ours["timeseries"].shape == (12, 5) and np.array_equal(ours["timeseries"], x)
assert [str(name[0][0]) for name in ours["regions"]] == ["r1", "r2", "r3", "r4", "r5"]
cells = np.array([[f"area {i}"] for i in range(5)], dtype=object)
for compress in (False, True):
    for order in ("C", "F"):
        io.savemat(folder + f"v5_{int(compress)}_{order}.mat", {"ts": np.array(x, order=order), "TR": 0.8, "labels": cells},
                   do_compression=compress)
io.savemat(folder + "single.mat", {"ts": x.astype("f4")})
io.savemat(folder + "v4.mat", {"ts": x}, format="4")
io.savemat(folder + "cube.mat", {"ts": np.zeros((3, 4, 5))})
io.savemat(folder + "complex.mat", {"ts": x * 1j})
io.savemat(folder + "struct.mat", {"s": {"ts": x}})
