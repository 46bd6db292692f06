"""Writes what nibabel reads from real files into the folder given: files.json, an .npy per array, and files unpacked or made from
real ones. The second argument, which may be missing, is the folder of the shared data."""
import gzip
import json
import sys
import warnings
from pathlib import Path

import nibabel
import numpy as np
from nibabel import cifti2

warnings.simplefilter("ignore")
from nibabel.nicom import csareader  # noqa: E402  warns that it is young

folder = Path(sys.argv[1])
shared = Path(sys.argv[2]) / "data" if len(sys.argv) > 2 else Path("/nowhere")
package = Path(nibabel.__file__).parent
entries = []


def save(values, kind="f8"):
    name = f"{save.count}.npy"
    save.count += 1
    np.save(folder / name, np.ascontiguousarray(values).astype(kind))
    return name


save.count = 0


def add(reader, path, **facts):
    entries.append({"reader": reader, "path": str(path), **facts})


def voxels_first(volume):
    """As our voxels lie: the first axis fastest."""
    return save(np.asarray(volume).transpose(), "f4")


def dicom_facts(data):
    from nibabel.nicom.dicomwrappers import wrapper_from_data
    wrapper = wrapper_from_data(data)
    rows_first = np.array(wrapper.affine, dtype=float)
    if getattr(wrapper, "frames", None):
        # nibabel lets the slices run along rows x columns; the places that the frames state may run the other way.
        places = [np.array(f.PlanePositionSequence[0].ImagePositionPatient, dtype=float) for f in wrapper.frames]
        rows_first[:3, 2] = (places[-1] - places[0]) / (len(places) - 1)
    affine = rows_first[:, [1, 0, 2, 3]]  # nibabel's first axis goes down the rows, ours along them
    affine[:2] *= -1  # DICOM's axes are left and posterior
    values = np.asarray(wrapper.get_data(), dtype=float)
    values = values[:, :, None] if values.ndim == 2 else values
    return affine, values.transpose(1, 0, 2)


def add_dicom(name, files):
    """A folder with one series; every file is a volume."""
    import pydicom
    place = folder / name
    place.mkdir()
    volumes = []
    for number, file in enumerate(files):
        if isinstance(file, Path):
            raw = gzip.open(file).read() if file.suffix == ".gz" else file.read_bytes()
            (place / f"{number}.dcm").write_bytes(raw)
        else:
            file.save_as(place / f"{number}.dcm", write_like_original=False)
        affine, values = dicom_facts(pydicom.dcmread(place / f"{number}.dcm"))
        volumes.append(values)
    time = pydicom.dcmread(place / "0.dcm").get("RepetitionTime")
    add("dicom", place, affine=affine.ravel().tolist(), size=list(volumes[0].shape), volumes=len(volumes),
        repetition_time=float(time) / 1000 if len(volumes) > 1 else 0, values=save(np.array([v.transpose() for v in volumes]), "f4"))


def series_on_real_header(file, count):
    """The header of a real mosaic that was published without its pixels, with made-up ones."""
    import pydicom
    series = []
    for number in range(count):
        data = pydicom.dcmread(file)
        random = np.random.default_rng(number)
        data.add_new("PixelData", "OW", random.integers(0, 4096, (data.Rows, data.Columns)).astype("<u2").tobytes())
        data.AcquisitionNumber = data.InstanceNumber = number + 1
        data.AcquisitionTime = f"{102030 + 2.07 * number:013.6f}"
        series.append(data)
    return series


def add_dicoms():
    try:
        import pydicom  # noqa: F401
    except ImportError:
        return
    data = package / "nicom" / "tests" / "data"
    for name in ("decimal_rescale.dcm", "philips_mprage.dcm.gz", "siemens_dwi_0.dcm.gz"):
        if (data / name).exists():
            add_dicom(name.split(".")[0], [data / name])
    if (data / "siemens_dwi_1000.dcm.gz").exists():
        add_dicom("siemens_dwi", [data / "siemens_dwi_0.dcm.gz", data / "siemens_dwi_1000.dcm.gz"])
    if (data / "csa_slice_norm.dcm").exists():
        add_dicom("mosaics", series_on_real_header(data / "csa_slice_norm.dcm", 12))


def add_dicoms_without_peer():
    """What nibabel itself cannot read: its answer is a shape or a sentence."""
    data = package / "nicom" / "tests" / "data"
    if (data / "slicethickness_empty_string.dcm").exists():  # JPEG 2000 with an icon inside
        add("dicom picture", data / "slicethickness_empty_string.dcm", size=[384, 384, 1], columns_mm=0.520833)
    if (data / "0.dcm").exists():  # a mosaic scaled down, so that its tiles have no whole number of pixels
        add("refused dicom", data / "0.dcm", sentence="equal slices")
    for example in Path("/usr/share/doc").glob("libgdcm*/examples/*.dcm"):  # an angiography of four frames
        add("refused dicom", example, sentence="does not say where they lie")


def add_csa():
    for file in (package / "nicom" / "tests" / "data").glob("csa*.bin*"):
        raw = gzip.open(file).read() if file.suffix == ".gz" else file.read_bytes()
        try:
            tags = csareader.read(raw)["tags"]
        except csareader.CSAReadError:
            continue
        name = save.count
        save.count += 1
        (folder / f"{name}.bin").write_bytes(raw)
        texts = {key: [str(item) for item in tag["items"]] for key, tag in tags.items() if tag["vr"] in ("LO", "SH", "UI", "CS")}
        numbers = {key: [float(item) for item in tag["items"]] for key, tag in tags.items() if tag["vr"] in ("FD", "DS", "IS", "US")}
        add("csa", folder / f"{name}.bin", texts=texts, numbers=numbers)


def gifti_facts(image):
    names = nibabel.nifti1.intent_codes.niistring
    arrays = [{"intent": names[a.intent].replace("NIFTI_INTENT_", ""), "shape": [int(length) for length in a.dims], "values": save(a.data)}
              for a in image.darrays]
    labels = [{"key": l.key, "name": l.label, "colour": [0.6 if c is None else c for c in (l.red, l.green, l.blue)]}
              for l in image.labeltable.labels]
    return {"arrays": arrays, "labels": labels}


def add_giftis():
    files = sorted((package / "gifti" / "tests" / "data").glob("*.gii*"))
    for part in ("surfaces", "small_volumes/niivue_odd"):
        files += sorted((shared / part).rglob("*.gii*"))
    for file in files:
        if file.suffix == ".bz2":
            continue
        add("gifti", file, **gifti_facts(nibabel.load(file)))
    series = package / "gifti" / "tests" / "data" / "task.func.gii"
    if series.exists():
        add_gifti_means(series)


def add_gifti_means(series):
    values = np.array([a.data.ravel() for a in nibabel.load(series).darrays], dtype=float)
    keys = (np.arange(values.shape[1]) * 7 % 5).astype("i4")
    table = nibabel.gifti.GiftiLabelTable()
    for key in range(5):
        label = nibabel.gifti.GiftiLabel(key, 0.1 * key, 0.2 * key, 1.0, 1.0)
        label.label = f"area {key}" if key else "???"
        table.labels.append(label)
    image = nibabel.gifti.GiftiImage(labeltable=table)
    image.add_gifti_data_array(nibabel.gifti.GiftiDataArray(keys, intent="NIFTI_INTENT_LABEL"))
    nibabel.save(image, folder / "made.label.gii")
    means = np.array([values[:, keys == key].mean(axis=1) for key in range(1, 5)]).transpose()
    add("gifti means", series, labels=str(folder / "made.label.gii"), names=[f"area {k}" for k in range(1, 5)], values=save(means))


def axis_facts(axis):
    facts = {"kind": type(axis).__name__, "size": len(axis)}
    if isinstance(axis, cifti2.SeriesAxis):
        facts["step"] = float(axis.step) if axis.unit == "SECOND" else 0
    elif isinstance(axis, cifti2.BrainModelAxis):
        facts["blocks"] = []
        for name, where, model in axis.iter_structures():
            surface = name in axis.nvertices
            facts["blocks"].append({"structure": name.replace("CIFTI_STRUCTURE_", ""), "first": where.start or 0, "count": len(model),
                                    "surface_vertices": int(axis.nvertices[name]) if surface else 0,
                                    "places": save(model.vertex if surface else model.voxel)})
    else:
        facts["names"] = [str(name) for name in axis.name]
    if isinstance(axis, cifti2.LabelAxis):
        facts["tables"] = [[{"key": int(key), "name": name, "colour": list(colour[:3])} for key, (name, colour) in table.items()]
                           for table in axis.label]
    return facts


def add_cifti(file):
    image = nibabel.load(file)
    along, down = (image.header.get_axis(side) for side in (0, 1))  # the first side is contiguous in the file
    add("cifti", file, along=axis_facts(along), down=axis_facts(down), values=save(image.get_fdata()))


def write_cifti(name, values, along, down):
    file = folder / name
    nibabel.save(cifti2.Cifti2Image(values.astype("f4"), (along, down)), file)
    add_cifti(file)
    return file


def add_ciftis():
    files = sorted(shared.glob("cifti/**/*.nii"))
    files += [f for f in [package / "tests" / "data" / "row_major.dconn.nii"] if f.exists() and not files]
    for file in files:
        add_cifti(file)
    labels = next((f for f in files if f.name.endswith(".dlabel.nii")), None)
    if labels is None:
        return
    image = nibabel.load(labels)
    maps, places = image.header.get_axis(0), image.header.get_axis(1)
    keys = image.get_fdata()[0]
    names = {key: name for key, (name, _) in sorted(maps.label[0].items()) if key != 0 and name != "???"}
    # A series of other brainordinates on the same meshes, as a program that masks differently would write it.
    kept = np.flatnonzero(np.arange(len(places)) % 7 != 3)
    values = np.random.default_rng(5).normal(size=(12, len(kept)))
    time = cifti2.SeriesAxis(0, 0.72, 12)
    series = write_cifti("made.dtseries.nii", values, time, places[kept])
    values = nibabel.load(series).get_fdata()
    means = np.array([values[:, keys[kept] == key].mean(axis=1) if (keys[kept] == key).any() else np.full(12, np.nan) for key in names])
    add("cifti means", series, labels=str(labels), names=list(names.values()), values=save(means.transpose()))
    present = [key for key in names if (keys == key).any()][:9]
    models = [(names[key], places[keys == key]) for key in present]
    parcels = cifti2.ParcelsAxis.from_brain_models(models)
    random = np.random.default_rng(6)
    write_cifti("made.ptseries.nii", random.normal(size=(12, len(parcels))), time, parcels)
    write_cifti("made.pconn.nii", np.corrcoef(random.normal(size=(len(parcels), 30))), parcels, parcels)


def add_niftis():
    files = sorted((package / "tests" / "data").glob("*.nii")) + sorted((package / "tests" / "data").glob("*.nii.gz"))
    for file in files + sorted((shared / "small_volumes").rglob("*nifti2*.nii.gz")):
        image = nibabel.load(file)
        if isinstance(image, cifti2.Cifti2Image):
            continue
        values = image.get_fdata()
        values = values.reshape(values.shape + (1,) * (4 - values.ndim))
        add("nifti", file, affine=image.affine.ravel().tolist(), size=list(values.shape[:3]), volumes=values.shape[3],
            values=voxels_first(values))


add_dicoms()
add_dicoms_without_peer()
add_csa()
add_giftis()
add_ciftis()
add_niftis()
(folder / "files.json").write_text(json.dumps(entries))
