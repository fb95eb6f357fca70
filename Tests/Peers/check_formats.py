#!/usr/bin/python3
"""Reads files written by Ansatz with the programs they are meant for, and the other way round.

  ANSATZ_FORMAT_GALLERY=DIR swift test -c release --filter GalleryTests      writes the gallery
  /usr/bin/python3 Tests/Peers/check_formats.py DIR                          reads it: VTK, meshio, NumPy, Pillow
  /usr/bin/python3 Tests/Peers/check_formats.py --write PEERS                writes files with VTK and NumPy
  ANSATZ_PEER_FORMATS=PEERS swift test -c release --filter PeerFileTests     reads those with Ansatz

Debian packages: python3-vtk9 python3-meshio python3-numpy python3-pil. Exits with 1 on any mismatch.
"""
import csv
import json
import os
import struct
import sys
import warnings
import xml.etree.ElementTree as ElementTree

try:
    import gmsh_files
    import meshio
    import numpy as np
    import vtk
    from PIL import Image
    from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy
except ImportError as error:
    print(f"a library is missing: {error}; apt-get install python3-vtk9 python3-meshio python3-numpy python3-pil")
    sys.exit(1)

AWKWARD = 'a<b> & "c" 100%'
TIME = 0.1
passed, failed = 0, 0


class Mismatch(Exception):
    pass


def demand(condition, text):
    if not condition:
        raise Mismatch(text)


# What the files hold, by formula.

def stretched(count):
    return np.arange(count) ** 2 / 8 - 1


GRIDS = {
    "line": [-1 + 0.25 * np.arange(9)],
    "plane": [-1 + 0.25 * np.arange(5), 0.5 + 0.125 * np.arange(4)],
    "box": [-1 + 0.25 * np.arange(4), 0.5 + 0.125 * np.arange(3), 3 + 2.0 * np.arange(5)],
    "block": [0.5 * np.arange(40), 0.5 * np.arange(30), 0.5 * np.arange(20)],
    "line-stretched": [stretched(9)],
    "plane-stretched": [stretched(5), stretched(4)],
    "box-stretched": [stretched(4), stretched(3), stretched(5)],
}


def fields_of(name):
    """Name and components of each field, with x as the first axis."""
    shape = [len(axis) for axis in GRIDS[name]]
    index = np.indices(shape).astype(float)
    s = sum(factor * i for factor, i in zip((3, 5, -7), index))
    vector = [s / divisor for divisor in (7, 9, 11)[: len(shape)]]
    return [("pressure", [s / 3]), ("velocity", vector), (AWKWARD, [s / 13])]


def as_vtk(components, dtype):
    """Components as VTK stores them: two padded to three, points with x fastest, one row per point."""
    if len(components) == 2:
        components = components + [np.zeros_like(components[0])]
    return np.stack([c.astype(dtype).ravel(order="F") for c in components], axis=1)


def array_of(name):
    """The gallery's arrays: element n is n − 2, of complex ones n − 2 + i n / 2."""
    shape, dtype = {
        "float32": ((2, 3), "<f4"), "float64": ((2, 3, 2), "<f8"), "int32": ((5,), "<i4"), "int64": ((), "<i8"),
        "complex64": ((3, 1), "<c8"), "complex128": ((4,), "<c16"), "empty": ((0, 3), "<f8"),
    }[name]
    n = np.arange(int(np.prod(shape)))
    values = n - 2 + (0.5j * n if "complex" in name else 0)
    return values.astype(dtype).reshape(shape)


def check_array(array, name):
    expected = array_of(name)
    demand(array.dtype == expected.dtype, f"{name}: type {array.dtype}")
    demand(array.shape == expected.shape and np.array_equal(array, expected), f"{name}: values differ")


# Reading with VTK

class Errors:
    """Collects the errors a VTK reader reports; it would otherwise only print them."""

    def __init__(self, algorithm):
        self.messages = []
        for event in ("ErrorEvent", "WarningEvent"):
            algorithm.AddObserver(event, self)

    def __call__(self, caller, event):
        self.messages.append(event)


def check_vtk(path, reader, name, precision):
    errors = Errors(reader)
    reader.SetFileName(path)
    if isinstance(reader, vtk.vtkDataSetReader):
        reader.ReadAllScalarsOn()
        reader.ReadAllVectorsOn()
    reader.Update()
    demand(not errors.messages, f"VTK reports {errors.messages}")
    check_data_set(reader.GetOutput(), name, precision)


def check_data_set(data, name, precision):
    axes = GRIDS[name] + [np.zeros(1)] * (3 - len(GRIDS[name]))
    demand(list(data.GetDimensions()) == [len(axis) for axis in axes], f"dimensions {data.GetDimensions()}")
    if isinstance(data, vtk.vtkRectilinearGrid):
        found = [vtk_to_numpy(c) for c in (data.GetXCoordinates(), data.GetYCoordinates(), data.GetZCoordinates())]
        demand(all(np.array_equal(a, b) for a, b in zip(found, axes)), "coordinates differ")
    else:
        for axis, origin, spacing in zip(axes, data.GetOrigin(), data.GetSpacing()):
            demand(np.allclose(origin + spacing * np.arange(len(axis)), axis, rtol=0, atol=1e-14), "points differ")
    time = data.GetFieldData().GetArray("TimeValue")
    demand(time is not None and time.GetValue(0) == TIME, "TimeValue is missing or wrong")
    expected = fields_of(name)
    demand(data.GetPointData().GetNumberOfArrays() == len(expected), "number of arrays")
    dtype = np.float32 if precision == "single" else np.float64
    for field, components in expected:
        array = data.GetPointData().GetArray(field)
        demand(array is not None, f"no array {field}")
        values = vtk_to_numpy(array)
        demand(values.dtype == dtype, f"{field}: type {values.dtype}")
        wanted = as_vtk(components, dtype)
        demand(np.array_equal(values.reshape(len(values), -1), wanted), f"{field}: values differ")


def check_meshio(path, name, precision):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sys.stdout.flush()
        mesh = meshio.read(path, file_format="vtk")
    axes = GRIDS[name] + [np.zeros(1)] * (3 - len(GRIDS[name]))
    points = np.stack([c.ravel(order="F") for c in np.meshgrid(*axes, indexing="ij")], axis=1)
    demand(np.allclose(mesh.points, points, rtol=0, atol=1e-14), "meshio: points differ")
    dtype = np.float32 if precision == "single" else np.float64
    for field, components in fields_of(name):
        # meshio leaves VTK's percent escapes in names as they stand.
        key = next((k for k in mesh.point_data if k == field or k.startswith("a<b>") and field == AWKWARD), None)
        demand(key is not None, f"meshio: no array {field}")
        values = np.asarray(mesh.point_data[key]).reshape(len(points), -1)
        demand(np.array_equal(values, as_vtk(components, dtype)), f"meshio: {field} differs")


# One check per format of the manifest

def check_vti(folder, file, content, precision):
    check_vtk(os.path.join(folder, file), vtk.vtkXMLImageDataReader(), content, precision)
    return "VTK"


def check_vtr(folder, file, content, precision):
    check_vtk(os.path.join(folder, file), vtk.vtkXMLRectilinearGridReader(), content, precision)
    return "VTK"


def check_legacy(folder, file, content, precision):
    path = os.path.join(folder, file)
    check_vtk(path, vtk.vtkDataSetReader(), content, precision)
    check_meshio(path, content, precision)
    return "VTK, meshio"


def check_pvd(folder, file, content, precision):
    root = ElementTree.parse(os.path.join(folder, file)).getroot()
    demand(root.get("type") == "Collection", "no collection")
    entries = root.findall("Collection/DataSet")
    demand([float(e.get("timestep")) for e in entries] == [0, 1 / 3, 2 / 3], "times differ")
    for entry in entries:
        reader = vtk.vtkXMLImageDataReader()
        errors = Errors(reader)
        reader.SetFileName(os.path.join(folder, entry.get("file")))
        reader.Update()
        demand(not errors.messages, f"VTK reports {errors.messages}")
        time = reader.GetOutput().GetFieldData().GetArray("TimeValue").GetValue(0)
        demand(time == float(entry.get("timestep")), "the frame has another time")
    return "ElementTree, VTK"


def check_npy(folder, file, content, precision):
    check_array(np.load(os.path.join(folder, file)), content)
    return "NumPy"


def check_npz(folder, file, content, precision):
    with np.load(os.path.join(folder, file)) as archive:
        demand(sorted(archive.files) == sorted(ARRAYS), f"names {archive.files}")
        for name in archive.files:
            check_array(archive[name], name)
    return "NumPy"


ARRAYS = ["float32", "float64", "int32", "int64", "complex64", "complex128", "empty"]


def check_safetensors(folder, file, content, precision):
    with open(os.path.join(folder, file), "rb") as stream:
        data = stream.read()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + size])
    demand(header.pop("__metadata__") == {"made by": "Ansatz"}, "metadata differ")
    types = {"F32": "<f4", "F64": "<f8", "I32": "<i4", "I64": "<i8", "C64": "<c8"}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        array = np.frombuffer(data[8 + size + start:8 + size + end], types[entry["dtype"]]).reshape(entry["shape"])
        check_array(array, name)
    demand(set(header) == set(ARRAYS) - {"complex128"}, f"names {list(header)}")
    return "json, NumPy"


def check_csv(folder, file, content, precision):
    with open(os.path.join(folder, file), newline="") as stream:
        rows = list(csv.reader(stream))
    expected = [(f"{name}[{c}]", values) for name, parts in fields_of(content) for c, values in enumerate(parts)]
    demand(rows[0] == [name for name, _ in expected], "the header differs")
    values = np.array([[float(x) for x in row] for row in rows[1:]])
    demand(np.array_equal(values, np.stack([v.ravel() for _, v in expected], axis=1)), "values differ")
    return "csv"


def check_image(folder, file, content, precision):
    """PNG, animated PNG and GIF: every frame as RGBA against the stored pixels."""
    expected = np.load(os.path.join(folder, "expected", content + ".npy"))
    with Image.open(os.path.join(folder, file)) as image:
        demand(getattr(image, "n_frames", 1) == len(expected), f"{getattr(image, 'n_frames', 1)} frames")
        for frame, pixels in enumerate(expected):
            image.seek(frame)
            found = np.asarray(image.convert("RGBA")).astype(int)
            demand(np.array_equal(found, pixels), f"pixels of frame {frame} differ")
    if len(expected) > 1 or not file.endswith(".png"):
        return "Pillow"
    reader = vtk.vtkPNGReader()
    errors = Errors(reader)
    reader.SetFileName(os.path.join(folder, file))
    reader.Update()
    demand(not errors.messages, f"VTK reports {errors.messages}")
    width, height, _ = reader.GetOutput().GetDimensions()
    values = vtk_to_numpy(reader.GetOutput().GetPointData().GetScalars()).reshape(height, width, -1)[::-1]
    channels = values.shape[2]
    wanted = expected[0][:, :, {1: [0], 2: [0, 3], 3: [0, 1, 2], 4: [0, 1, 2, 3]}[channels]]
    demand(np.array_equal(values, wanted), "VTK: pixels differ")
    return "Pillow, VTK"


def check_color_map(folder, file, content, precision):
    """Moreland's cool to warm map against VTK's own diverging colour space; viridis against nothing but its ends."""
    with open(os.path.join(folder, file), newline="") as stream:
        rows = [[float(x) for x in row] for row in list(csv.reader(stream))[1:]]
    function = vtk.vtkColorTransferFunction()
    function.SetColorSpaceToDiverging()
    function.AddRGBPoint(0, 59 / 255, 76 / 255, 192 / 255)
    function.AddRGBPoint(1, 180 / 255, 4 / 255, 38 / 255)
    for x, red, green, blue in rows:
        wanted = 255 * np.array(function.GetColor(x))
        # Ours are bytes; at the middle the two are told apart by how each defines its neutral point.
        demand(np.abs(wanted - [red, green, blue]).max() <= 1.0, f"{x}: {red, green, blue} against {wanted}")
    return "VTK"


def check_svg(folder, file, content, precision):
    root = ElementTree.parse(os.path.join(folder, file)).getroot()
    demand(root.tag == "{http://www.w3.org/2000/svg}svg", f"root {root.tag}")
    demand(root.findall(".//{http://www.w3.org/2000/svg}text"), "no text")
    return "ElementTree"


CHECKS = {
    "vti": check_vti, "vtr": check_vtr, "vtk": check_legacy, "pvd": check_pvd, "npy": check_npy, "npz": check_npz,
    "safetensors": check_safetensors, "csv": check_csv, "image": check_image, "colormap": check_color_map,
    "svg": check_svg,
}


CHECKS["msh"] = lambda folder, file, content, precision: gmsh_files.check(folder, file, content)


def report(file, check):
    global passed, failed
    try:
        print(f"ok    {file}  ({check()})")
        passed += 1
    except Exception as error:  # a reader may fail in any way; each is a finding about the file
        print(f"FAIL  {file}: {type(error).__name__}: {error}")
        failed += 1


def check_expected(folder):
    """The stored expectations against the formulas, so that they are not only our own word."""
    for name in GRIDS:
        for axis, values in zip("xyz", GRIDS[name]):
            found = np.load(os.path.join(folder, "expected", f"{name}-{axis}.npy"))
            demand(np.array_equal(found, values), f"{name}: axis {axis} differs")
        for index, (_, components) in enumerate(fields_of(name)):
            for c, values in enumerate(components):
                found = np.load(os.path.join(folder, "expected", f"{name}-field{index}-component{c}.npy"))
                demand(np.array_equal(found, values), f"{name}: field {index} component {c} differs")
    return "NumPy"


def check_gallery(folder):
    print(f"VTK {vtk.vtkVersion.GetVTKVersion()}, meshio {meshio.__version__}, NumPy {np.__version__}, "
          f"Pillow {Image.__version__}")
    print("meshio reads legacy .vtk but neither .vti nor .vtr nor .pvd, so VTK alone reads those")
    demand(not {".vti", ".vtr", ".pvd"} & set(meshio.extension_to_filetypes), "meshio has learnt a format: use it")
    report("expected", lambda: check_expected(folder))
    with open(os.path.join(folder, "manifest.csv"), newline="") as stream:
        for row in csv.DictReader(stream):
            check = CHECKS[row["format"]]
            report(row["file"], lambda: check(folder, row["file"], row["content"], row["precision"]))


# The other way round: files by VTK and NumPy

def data_set(name, dtype, third):
    axes = GRIDS[name] + [np.zeros(1)] * (3 - len(GRIDS[name]))
    uniform = not name.endswith("stretched")
    data = vtk.vtkImageData() if uniform else vtk.vtkRectilinearGrid()
    data.SetDimensions([len(axis) for axis in axes])
    if uniform:
        data.SetOrigin([axis[0] for axis in axes])
        data.SetSpacing([axis[1] - axis[0] if len(axis) > 1 else 1 for axis in axes])
    else:
        for setter, axis in zip((data.SetXCoordinates, data.SetYCoordinates, data.SetZCoordinates), axes):
            setter(numpy_to_vtk(axis.astype(float), deep=True))
    for field, components in fields_of(name):
        array = numpy_to_vtk(as_vtk(components, dtype), deep=True)
        array.SetName(third if field == AWKWARD else field)
        data.GetPointData().AddArray(array)
    cells = numpy_to_vtk(np.arange(data.GetNumberOfCells()), deep=True)
    cells.SetName("cells")
    data.GetCellData().AddArray(cells)
    time = numpy_to_vtk(np.array([TIME]), deep=True)
    time.SetName("TimeValue")
    data.GetFieldData().AddArray(time)
    return data


def write_peers(folder):
    os.makedirs(folder, exist_ok=True)
    rows = [["file", "format", "content", "precision"]]
    for name in GRIDS:
        uniform = not name.endswith("stretched")
        for precision, dtype in (("single", np.float32), ("double", np.float64)):
            # VTK's XML writer does not escape names, so the awkward one would give a file that is no XML.
            data = data_set(name, dtype, third="third field")
            for mode in ("Ascii", "Binary", "Appended", "AppendedBase64"):
                for order in ("BigEndian", "LittleEndian"):
                    for header in ("UInt32", "UInt64"):
                        for compressed in (False, True):
                            writer = vtk.vtkXMLImageDataWriter() if uniform else vtk.vtkXMLRectilinearGridWriter()
                            getattr(writer, f"SetDataModeTo{mode.replace('Base64', '')}")()
                            writer.SetEncodeAppendedData(mode == "AppendedBase64")
                            getattr(writer, f"SetByteOrderTo{order}")()
                            getattr(writer, f"SetHeaderTypeTo{header}")()
                            if compressed:
                                writer.SetCompressorTypeToZLib()
                            else:
                                writer.SetCompressorTypeToNone()
                            kind = "vti" if uniform else "vtr"
                            file = f"{name}-{mode}-{order}-{header}{'-zlib' if compressed else ''}-{precision}.{kind}"
                            writer.SetFileName(os.path.join(folder, file))
                            writer.SetInputData(data)
                            demand(writer.Write() == 1, f"VTK cannot write {file}")
                            rows.append([file, kind, name, precision])
            data = data_set(name, dtype, third=AWKWARD)
            for mode in ("ASCII", "Binary"):
                for version in (42, 51):
                    writer = vtk.vtkStructuredPointsWriter() if uniform else vtk.vtkRectilinearGridWriter()
                    getattr(writer, f"SetFileTypeTo{mode}")()
                    writer.SetFileVersion(version)
                    file = f"{name}-{mode}-{version}-{precision}.vtk"
                    writer.SetFileName(os.path.join(folder, file))
                    if uniform:
                        points = vtk.vtkStructuredPoints()
                        points.ShallowCopy(data)
                        writer.SetInputData(points)
                    else:
                        writer.SetInputData(data)
                    demand(writer.Write() == 1, f"VTK cannot write {file}")
                    rows.append([file, "vtk", name, precision])
    for name in ARRAYS:
        for version in ((1, 0), (2, 0), (3, 0)):
            for order in "CF":
                for byte_order in "<>":
                    file = f"{name}-{version[0]}-{order}-{'little' if byte_order == '<' else 'big'}.npy"
                    array = array_of(name)
                    array = np.asarray(array.astype(array.dtype.newbyteorder(byte_order)), order=order)
                    with open(os.path.join(folder, file), "wb") as stream:
                        np.lib.format.write_array(stream, array, version=version)
                    rows.append([file, "npy", name, ""])
    arrays = {name: array_of(name) for name in ARRAYS}
    np.savez(os.path.join(folder, "stored.npz"), **arrays)
    np.savez_compressed(os.path.join(folder, "deflated.npz"), **arrays)
    rows += [["stored.npz", "npz", "all", ""], ["deflated.npz", "npz", "all", ""]]
    write_images(folder, rows)
    with open(os.path.join(folder, "manifest.csv"), "w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    print(f"{len(rows) - 1} files written to {folder}")


def write_images(folder, rows):
    y, x = np.mgrid[0:24, 0:37]
    rgba = np.stack([7 * x % 256, 9 * y % 256, (x * y) % 256, 255 - 3 * x], axis=2).astype(np.uint8)
    for mode in ("L", "LA", "RGB", "RGBA", "P"):
        image = Image.fromarray(rgba, "RGBA").convert(mode)
        for suffix in ("png", "gif") if mode in ("L", "P") else ("png",):
            file = f"image-{mode}.{suffix}"
            image.save(os.path.join(folder, file))
            with Image.open(os.path.join(folder, file)) as stored:
                pixels = np.asarray(stored.convert("RGBA"))
            np.save(os.path.join(folder, file + ".npy"), pixels[None].astype(np.int32))
            rows.append([file, "image", file, ""])


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--write":
        write_peers(sys.argv[2])
        return
    if len(sys.argv) != 2:
        print(__doc__)
        sys.exit(2)
    check_gallery(sys.argv[1])
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
