#!/usr/bin/python3
"""Reads files written by Ansatz with the programs they are meant for, and the other way round.

  ANSATZ_FORMAT_GALLERY=DIR swift test -c release --filter GalleryTests      writes the gallery
  /usr/bin/python3 Tests/Peers/check_formats.py DIR                          reads it: VTK, meshio, NumPy, Pillow
  /usr/bin/python3 Tests/Peers/check_formats.py --write PEERS                writes files with VTK and NumPy
  ANSATZ_PEER_FORMATS=PEERS swift test -c release --filter PeerFileTests     reads those with Ansatz

Debian packages: python3-vtk9 python3-meshio python3-numpy python3-pil. Exits with 1 on any mismatch.
"""
import contextlib
import csv
import io
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


# The meshes of the unit interval, square and cube: the dimension, and how many cells and facets of each VTK type.
# Their points and cells are stored under expected/; here is what can be said without them.
MESHES = {
    "intervals": (1, [(3, 5)], [(1, 2)]),
    "triangles": (2, [(5, 12)], [(3, 10)]),
    "quadrilaterals": (2, [(9, 6)], [(3, 10)]),
    "mixed": (2, [(9, 3), (5, 6)], [(3, 10)]),
    "tetrahedra": (3, [(10, 36)], [(5, 44)]),
    "hexahedra": (3, [(12, 6)], [(9, 22)]),
    "large": (2, [(5, 21600)], [(3, 420)]),
}
SECOND_ORDER = {1: 1, 3: 21, 5: 22, 9: 28, 10: 24, 12: 29}
for _name in [n for n in MESHES if n != "large"]:
    _dimension, _cells, _facets = MESHES[_name]
    MESHES[_name + "-2"] = (_dimension, *([(SECOND_ORDER[t], n) for t, n in b] for b in (_cells, _facets)))
# Tags in turn, and the names of tags: a pair of tag and dimension each, flat.
REGION_TAGS = [7, 2, 40]


def names_of(name):
    dimension = MESHES[name][0]
    sides = ["left", "right", "bottom", "top", "back", "front"][: 2 * dimension]
    names = {side: [tag + 1, dimension - 1] for tag, side in enumerate(sides)}
    if name == "large":
        return names
    # Boundaries 1, 2 and 3 have other names there.
    names = {side: pair for side, pair in names.items() if pair[0] > 3}
    names.update({"air": [7, dimension, 1, dimension - 1], AWKWARD: [2, dimension],
                  "Zwischenwände €": [40, dimension], "outlet": [2, dimension - 1, 3, dimension - 1],
                  "compound regions": [40, 2, 2, 7], "compound boundaries": [3, 2, 1, 2]})
    return names


def load_mesh(folder, name):
    """Points padded to three coordinates, and per block the VTK type, the points of cells and their tags."""
    def load(what):
        return np.load(os.path.join(folder, "expected", f"mesh-{name}-{what}.npy"))
    dimension, cells, facets = MESHES[name]
    points = load("points")
    points = np.hstack([points, np.zeros((len(points), 3 - dimension))])
    blocks = []
    for what, kinds in (("cells", cells), ("facets", facets)):
        for number, (kind, count) in enumerate(kinds):
            nodes, tags = load(f"{what}{number}"), load(f"{what}{number}-tags")
            demand(len(nodes) == count, f"{name}: {len(nodes)} {what} of type {kind} instead of {count}")
            blocks.append((kind, nodes, tags, what == "facets"))
    return points, blocks


def mesh_fields(name, point_count, cell_count):
    """Fields at points and on cells: name and one row per point or cell."""
    def vector(s):
        columns = [s / divisor for divisor in (7, 9, 11)[: MESHES[name][0]]]
        return np.stack(columns + ([0 * s] if len(columns) == 2 else []), axis=1)
    p, c = 3.0 * np.arange(point_count) - 7, 3.0 * np.arange(cell_count) - 7
    return ([("pressure", (p / 3)[:, None]), ("velocity", vector(p))],
            [(AWKWARD, (c / 13)[:, None]), ("flux", vector(c))])


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


def read_vtk(path, reader):
    errors = Errors(reader)
    reader.SetFileName(path)
    if isinstance(reader, vtk.vtkDataSetReader):
        reader.ReadAllScalarsOn()
        reader.ReadAllVectorsOn()
    reader.Update()
    demand(not errors.messages, f"VTK reports {errors.messages}")
    return reader.GetOutput()


def read_meshio(path, **options):
    """meshio ends the program where it cannot read; that must not end this one."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()) as text:
        warnings.simplefilter("ignore")
        try:
            return meshio.read(path, **options)
        except SystemExit:
            raise Mismatch(f"meshio cannot read it: {text.getvalue()}")


def columns(values):
    values = np.asarray(values)
    return values.reshape(len(values), -1)


def check_mesh_vtk(data, folder, name, precision):
    points, blocks = load_mesh(folder, name)
    found = vtk_to_numpy(data.GetPoints().GetData())
    demand(found.dtype == np.float64 and np.array_equal(found, points), "points differ")
    demand(data.GetNumberOfCells() == sum(len(nodes) for _, nodes, _, _ in blocks), "number of cells")
    types = np.concatenate([np.full(len(nodes), kind) for kind, nodes, _, _ in blocks])
    demand(np.array_equal(vtk_to_numpy(data.GetCellTypesArray()), types), "types of cells differ")
    connectivity = np.concatenate([nodes.ravel() for _, nodes, _, _ in blocks])
    demand(np.array_equal(vtk_to_numpy(data.GetCells().GetConnectivityArray()), connectivity), "cells differ")
    cell_data = data.GetCellData()
    if name != "large":
        check_tags(vtk_to_numpy(cell_data.GetArray("region")), blocks, False)
    check_tags(vtk_to_numpy(cell_data.GetArray("boundary")), blocks, True)
    check_mesh_fields(lambda where, field: vtk_to_numpy(
        (data.GetPointData() if where == "points" else cell_data).GetArray(field)), name, points, blocks, precision)
    field_data = data.GetFieldData()
    time = field_data.GetArray("TimeValue")
    demand(time is not None and time.GetValue(0) == TIME, "TimeValue is missing or wrong")
    names = names_of(name)
    demand(field_data.GetNumberOfArrays() == len(names) + 1, "number of names")
    for field, pairs in names.items():
        array = field_data.GetArray(field)
        demand(array is not None and vtk_to_numpy(array).tolist() == pairs, f"the name {field} differs")
    check_geometry(data, name)


def check_tags(values, blocks, are_facets):
    expected = np.concatenate([tags if facets == are_facets else 0 * tags for _, _, tags, facets in blocks])
    demand(np.array_equal(values.ravel(), expected), "tags differ")
    demand(expected.any(), "there are no tags")


def check_mesh_fields(array_of, name, points, blocks, precision):
    dtype = np.float32 if precision == "single" else np.float64
    cell_count = sum(len(nodes) for _, nodes, _, facets in blocks if not facets)
    on_points, on_cells = mesh_fields(name, len(points), cell_count)
    for where, fields in (("points", on_points), ("cells", on_cells)):
        for field, wanted in fields:
            values = columns(array_of(where, field))
            demand(values.dtype.newbyteorder("=") == dtype, f"{field}: type {values.dtype}")
            demand(np.array_equal(values[:len(wanted)], wanted.astype(dtype)), f"{field}: values differ")
            if where == "points":
                demand(len(values) == len(wanted), f"{field}: number of values")
                continue
            # A facet has the value of a cell of which it is one.
            demand(np.isfinite(values).all(), f"{field}: facets without values")
            cells = [set(cell) for _, nodes, _, facets in blocks if not facets for cell in nodes.tolist()]
            facets = [set(facet) for _, nodes, _, is_facet in blocks if is_facet for facet in nodes.tolist()]
            if name != "large":
                for facet, value in zip(facets, values[len(wanted):]):
                    owners = [i for i, cell in enumerate(cells) if facet <= cell]
                    demand(any(np.array_equal(value, wanted[i].astype(dtype)) for i in owners),
                           f"{field}: the value on a facet is that of no cell beside it")


def check_geometry(data, name):
    """The cells fill the unit interval, square or cube, and every node is where VTK expects it in its cell."""
    dimension = MESHES[name][0]
    if name == "large":
        return
    total = 0
    linear = {1: vtk.vtkVertex, 21: vtk.vtkLine, 22: vtk.vtkTriangle, 28: vtk.vtkQuad, 24: vtk.vtkTetra,
              29: vtk.vtkHexahedron}
    for number in range(data.GetNumberOfCells()):
        cell = data.GetCell(number)
        nodes = vtk_to_numpy(cell.GetPoints().GetData())
        corners = linear[cell.GetCellType()]() if cell.GetCellType() in linear else cell
        count = corners.GetNumberOfPoints()
        weights = [0.0] * count
        parametric = cell.GetParametricCoords()
        for node in range(cell.GetNumberOfPoints()):
            corners.InterpolateFunctions(parametric[3 * node:3 * node + 3], weights)
            wanted = np.array(weights) @ nodes[:count]
            demand(np.allclose(nodes[node], wanted, rtol=0, atol=1e-14), f"node {node} of cell {number} is misplaced")
        if cell.GetCellDimension() == dimension:
            total += measure(nodes[:count, :dimension], dimension)
    demand(abs(total - 1) < 1e-12, f"the cells fill {total}")


def measure(x, dimension):
    """Signed content of a cell with straight sides, by its decomposition into simplices around the first corner."""
    simplices = {(1, 2): [[0, 1]], (2, 3): [[0, 1, 2]], (2, 4): [[0, 1, 2], [0, 2, 3]], (3, 4): [[0, 1, 2, 3]],
                 (3, 8): [[0, 1, 2, 6], [0, 2, 3, 6], [0, 3, 7, 6], [0, 7, 4, 6], [0, 4, 5, 6], [0, 5, 1, 6]]}
    factor = {1: 1, 2: 2, 3: 6}[dimension]
    return sum(np.linalg.det(x[s[1:]] - x[s[0]]) / factor for s in simplices[dimension, len(x)])


MESHIO_TYPES = {1: "vertex", 3: "line", 5: "triangle", 9: "quad", 10: "tetra", 12: "hexahedron", 21: "line3",
                22: "triangle6", 28: "quad9", 24: "tetra10", 29: "hexahedron27"}


def check_mesh_meshio(mesh, folder, name, precision, legacy=False):
    points, blocks = load_mesh(folder, name)
    demand(np.array_equal(mesh.points, points), "meshio: points differ")
    demand([block.type for block in mesh.cells] == [MESHIO_TYPES[kind] for kind, _, _, _ in blocks], "meshio: types")
    for block, (_, nodes, _, _) in zip(mesh.cells, blocks):
        demand(np.array_equal(block.data, nodes), "meshio: cells differ")
    key = {AWKWARD: next(k for k in mesh.cell_data if k.startswith("a<b>"))} if legacy else {}
    if name != "large":
        check_tags(np.concatenate([np.ravel(x) for x in mesh.cell_data["region"]]), blocks, False)
    check_tags(np.concatenate([np.ravel(x) for x in mesh.cell_data["boundary"]]), blocks, True)
    check_mesh_fields(lambda where, field: mesh.point_data[field] if where == "points" else np.concatenate(
        [columns(x) for x in mesh.cell_data[key.get(field, field)]]), name, points, blocks, precision)
    if not legacy:  # where meshio keeps no field data of unstructured grids
        found = {k: np.asarray(v).tolist() for k, v in mesh.field_data.items()}
        demand(found == {**names_of(name), "TimeValue": [TIME]}, f"meshio: field data {found}")


def check_vtu(folder, file, content, precision):
    path = os.path.join(folder, file)
    check_mesh_vtk(read_vtk(path, vtk.vtkXMLUnstructuredGridReader()), folder, content, precision)
    check_mesh_meshio(read_meshio(path), folder, content, precision)
    return "VTK, meshio"


def check_pvtu(folder, file, content, precision):
    """Three pieces, which VTK joins cell by cell; global numbers tell which points are the same."""
    reader = vtk.vtkXMLPUnstructuredGridReader()
    data = read_vtk(os.path.join(folder, file), reader)
    points, blocks = load_mesh(folder, content)
    numbers = vtk_to_numpy(data.GetPointData().GetGlobalIds())
    demand(set(numbers) == set(range(len(points))), "points are missing")
    demand(np.array_equal(vtk_to_numpy(data.GetPoints().GetData()), points[numbers]), "points differ")
    order = np.argsort(vtk_to_numpy(data.GetCellData().GetGlobalIds()))
    demand(len(order) == sum(len(nodes) for _, nodes, _, _ in blocks), "number of cells")
    cells = [(kind, cell.tolist()) for kind, nodes, _, _ in blocks for cell in nodes]
    for cell, (kind, nodes) in zip(order, cells):
        found = [int(numbers[data.GetCell(cell).GetPointId(i)]) for i in range(data.GetCell(cell).GetNumberOfPoints())]
        demand(data.GetCellType(cell) == kind and found == nodes, f"cell {cell} differs")
    check_tags(vtk_to_numpy(data.GetCellData().GetArray("region"))[order], blocks, False)
    check_tags(vtk_to_numpy(data.GetCellData().GetArray("boundary"))[order], blocks, True)
    first = np.array([np.flatnonzero(numbers == i)[0] for i in range(len(points))])
    check_mesh_fields(
        lambda where, field: vtk_to_numpy(data.GetPointData().GetArray(field))[first] if where == "points"
        else vtk_to_numpy(data.GetCellData().GetArray(field))[order], content, points, blocks, precision)
    return "VTK"


def check_legacy_mesh(folder, file, content, precision):
    path = os.path.join(folder, file)
    check_mesh_vtk(read_vtk(path, vtk.vtkDataSetReader()), folder, content, precision)
    check_mesh_meshio(read_meshio(path), folder, content, precision, legacy=True)
    return "VTK, meshio"


def check_grid_vtu(folder, file, content, precision):
    """A structured grid as an unstructured one: points in row-major order, one cell per box of neighbours."""
    path = os.path.join(folder, file)
    axes = GRIDS[content]
    points = np.stack([c.ravel() for c in np.meshgrid(*axes, indexing="ij")], axis=1)
    points = np.hstack([points, np.zeros((len(points), 3 - len(axes)))])
    index = np.arange(len(points)).reshape([len(axis) for axis in axes])
    corners = {1: [(0,), (1,)], 2: [(0, 0), (1, 0), (1, 1), (0, 1)],
               3: [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)]}[len(axes)]
    cells = np.stack([index[tuple(slice(c, len(axis) - 1 + c) for c, axis in zip(corner, axes))].ravel()
                      for corner in corners], axis=1)
    kind = {1: 3, 2: 9, 3: 12}[len(axes)]
    dtype = np.float32 if precision == "single" else np.float64
    data, mesh = read_vtk(path, vtk.vtkXMLUnstructuredGridReader()), read_meshio(path)
    demand(np.array_equal(vtk_to_numpy(data.GetPoints().GetData()), points), "points differ")
    demand(np.array_equal(mesh.points, points), "meshio: points differ")
    demand(set(vtk_to_numpy(data.GetCellTypesArray())) == {kind}, "types differ")
    demand(np.array_equal(vtk_to_numpy(data.GetCells().GetConnectivityArray()).reshape(cells.shape), cells),
           "cells differ")
    demand(len(mesh.cells) == 1 and mesh.cells[0].type == MESHIO_TYPES[kind], "meshio: types differ")
    demand(np.array_equal(mesh.cells[0].data, cells), "meshio: cells differ")
    demand(data.GetFieldData().GetArray("TimeValue").GetValue(0) == TIME, "TimeValue differs")
    demand(mesh.field_data["TimeValue"].tolist() == [TIME], "meshio: TimeValue differs")
    for field, components in fields_of(content):
        if len(components) == 2:
            components = components + [0 * components[0]]
        wanted = np.stack([c.astype(dtype).ravel() for c in components], axis=1)
        for program, values in (("VTK", vtk_to_numpy(data.GetPointData().GetArray(field))),
                                ("meshio", mesh.point_data[field])):
            demand(values.dtype == dtype, f"{program}: {field}: type {values.dtype}")
            demand(np.array_equal(columns(values), wanted), f"{program}: {field}: values differ")
    return "VTK, meshio"


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
    "vtu": check_vtu, "pvtu": check_pvtu, "vtk-mesh": check_legacy_mesh, "vtu-grid": check_grid_vtu,
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
    print("meshio reads .vtu in every encoding that is written here, and legacy .vtk; it reads neither .vti nor .vtr "
          "nor .pvd nor .pvtu, so VTK alone reads those, and no names and times of legacy files")
    unread = {".vti", ".vtr", ".pvd", ".pvtu"}
    demand(not unread & set(meshio.extension_to_filetypes), "meshio has learnt a format: use it")
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
    write_peer_meshes(folder, rows)
    with open(os.path.join(folder, "manifest.csv"), "w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    print(f"{len(rows) - 1} files written to {folder}")


# Meshes for the way back: three cells of each type apart from each other, and one side of each.
# Cells and facets as VTK types; pixels, voxels and Lagrange cells have no facets and are read as other types.
PEER_MESHES = {
    "lines": [(3, 1)], "triangles": [(5, 3)], "quads": [(9, 3)], "tetrahedra": [(10, 5)], "hexahedra": [(12, 9)],
    "lines-2": [(21, 1)], "triangles-2": [(22, 21)], "quads-2": [(28, 21)], "tetrahedra-2": [(24, 22)],
    "hexahedra-2": [(29, 28)], "mixed": [(9, 3), (5, 3)],
    "pixels": [(8, None)], "voxels": [(11, None)],
    "lagrange-lines": [(68, None)], "lagrange-triangles": [(69, None)], "lagrange-quads": [(70, None)],
    "lagrange-tetrahedra": [(71, None)], "lagrange-hexahedra": [(72, None)],
}
# Nodes in the order of the cells that they are read as.
AS_READ = {8: [0, 1, 3, 2], 11: [0, 1, 3, 2, 4, 5, 7, 6]}
LAGRANGE = {68: vtk.vtkQuadraticEdge, 69: vtk.vtkQuadraticTriangle, 70: vtk.vtkBiQuadraticQuad,
            71: vtk.vtkQuadraticTetra, 72: vtk.vtkTriQuadraticHexahedron}


def reference_nodes(kind):
    """Points of a reference cell in VTK's order for the type, as the prototypes in VTK have them."""
    # A Lagrange cell gets its order from its points, so that the parametric one of second order stands in.
    cell = LAGRANGE[kind]() if kind in LAGRANGE else vtk.vtkGenericCell.InstantiateCell(kind)
    return np.array(cell.GetParametricCoords()).reshape(-1, 3)


def peer_mesh(name):
    """Points, cells and facets: lists of (type, nodes, tags)."""
    points, cells, facets = [], [], []
    for kind, facet_kind in PEER_MESHES[name]:
        x = reference_nodes(kind)
        cell_nodes, facet_nodes = [], []
        for number in range(3):
            start = len(points)
            points += list(x + [2.0 * len(points), 0, 0])
            # The numbers of points run backwards, so that no reader gets by with counting.
            nodes = start + len(x) - 1 - np.arange(len(x))
            points[start:] = points[start:][::-1]
            cell_nodes.append(nodes)
            if facet_kind is not None:
                cell = vtk.vtkGenericCell()
                cell.SetCellType(kind)
                for i in range(len(x)):
                    cell.GetPointIds().SetId(i, i)
                if facet_kind == 1:
                    local = [0]
                else:
                    side = cell.GetFace(0) if cell.GetCellDimension() == 3 else cell.GetEdge(0)
                    local = [side.GetPointId(i) for i in range(side.GetNumberOfPoints())]
                facet_nodes.append(nodes[local])
        cells.append((kind, np.array(cell_nodes), np.array([7, 2, 40], dtype=np.int32)))
        if facet_kind is not None:
            facets.append((facet_kind, np.array(facet_nodes), np.array([1, 2, 1], dtype=np.int32)))
    if len(facets) == 2 and facets[0][0] == facets[1][0]:
        facets = [(facets[0][0], np.concatenate([f[1] for f in facets]), np.concatenate([f[2] for f in facets]))]
    return np.array(points), cells, facets


def peer_fields(points, cells):
    """Point fields and cell fields by name, one row per point or cell."""
    count = sum(len(nodes) for _, nodes, _ in cells)
    p, c = 3.0 * np.arange(len(points)) - 7, 3.0 * np.arange(count) - 7
    return ({"pressure": (p / 3)[:, None], "velocity": np.stack([p / 7, p / 9, p / 11], axis=1)},
            {"level": (c / 13)[:, None]})


def vtk_mesh(name, dtype):
    points, cells, facets = peer_mesh(name)
    data = vtk.vtkUnstructuredGrid()
    vtk_points = vtk.vtkPoints()
    vtk_points.SetData(numpy_to_vtk(points.astype(dtype), deep=True))
    data.SetPoints(vtk_points)
    for kind, nodes, _ in cells + facets:
        for cell in nodes:
            ids = vtk.vtkIdList()
            for node in cell:
                ids.InsertNextId(int(node))
            data.InsertNextCell(kind, ids)
    facet_count = sum(len(nodes) for _, nodes, _ in facets)
    on_points, on_cells = peer_fields(points, cells)
    for field, values in on_points.items():
        add_array(data.GetPointData(), field, values.astype(dtype))
    for field, values in on_cells.items():
        add_array(data.GetCellData(), field, np.vstack([values, -np.ones((facet_count, 1))]).astype(dtype))
    zeros = [np.zeros(facet_count, dtype=np.int32)]
    add_array(data.GetCellData(), "region", np.concatenate([tags for _, _, tags in cells] + zeros))
    if facets:
        zeros = [np.zeros(sum(len(nodes) for _, nodes, _ in cells), dtype=np.int32)]
        add_array(data.GetCellData(), "boundary", np.concatenate(zeros + [tags for _, _, tags in facets]))
    dimension = data.GetCell(0).GetCellDimension()
    add_array(data.GetFieldData(), "air", np.array([7, dimension], dtype=np.int32))
    add_array(data.GetFieldData(), "wall", np.array([1, dimension - 1], dtype=np.int32))
    add_array(data.GetFieldData(), "TimeValue", np.array([TIME]))
    text = vtk.vtkStringArray()
    text.SetName("made by")
    text.InsertNextValue("VTK, which stores text too")
    text.InsertNextValue("x" * 100)
    data.GetFieldData().AddArray(text)
    return data


def add_array(place, name, values):
    array = numpy_to_vtk(values, deep=True)
    array.SetName(name)
    place.AddArray(array)


def write_peer_meshes(folder, rows):
    for name in PEER_MESHES:
        points, cells, facets = peer_mesh(name)
        np.save(os.path.join(folder, f"{name}-points.npy"), points)
        for what, blocks in (("cells", cells), ("facets", facets)):
            for number, (kind, nodes, tags) in enumerate(blocks):
                nodes = nodes[:, AS_READ.get(kind, range(nodes.shape[1]))]
                np.save(os.path.join(folder, f"{name}-{what}{number}.npy"), nodes.astype(np.int32))
                np.save(os.path.join(folder, f"{name}-{what}{number}-tags.npy"), tags)
        for precision, dtype in (("single", np.float32), ("double", np.float64)):
            write_vtk_meshes(folder, rows, name, precision, vtk_mesh(name, dtype))
        # meshio knows neither voxels nor the points of Lagrange cells.
        if name.startswith(("lagrange", "voxels", "pixels")):
            continue
        for precision, dtype in (("single", np.float32), ("double", np.float64)):
            write_meshio_meshes(folder, rows, name, precision, dtype)


def write_vtk_meshes(folder, rows, name, precision, data):
    for mode in ("Ascii", "Binary", "Appended", "AppendedBase64"):
        for order in ("BigEndian", "LittleEndian"):
            for header in ("UInt32", "UInt64"):
                for compressed in (False, True):
                    writer = vtk.vtkXMLUnstructuredGridWriter()
                    getattr(writer, f"SetDataModeTo{mode.replace('Base64', '')}")()
                    writer.SetEncodeAppendedData(mode == "AppendedBase64")
                    getattr(writer, f"SetByteOrderTo{order}")()
                    getattr(writer, f"SetHeaderTypeTo{header}")()
                    if compressed:
                        writer.SetCompressorTypeToZLib()
                    else:
                        writer.SetCompressorTypeToNone()
                    file = f"mesh-{name}-{mode}-{order}-{header}{'-zlib' if compressed else ''}-{precision}.vtu"
                    writer.SetFileName(os.path.join(folder, file))
                    writer.SetInputData(data)
                    demand(writer.Write() == 1, f"VTK cannot write {file}")
                    rows.append([file, "vtu", name, precision])
    for mode in ("ASCII", "Binary"):
        for version in (42, 51):
            writer = vtk.vtkUnstructuredGridWriter()
            getattr(writer, f"SetFileTypeTo{mode}")()
            writer.SetFileVersion(version)
            file = f"mesh-{name}-{mode}-{version}-{precision}.vtk"
            writer.SetFileName(os.path.join(folder, file))
            writer.SetInputData(data)
            demand(writer.Write() == 1, f"VTK cannot write {file}")
            rows.append([file, "vtk-mesh", name, precision])


def write_meshio_meshes(folder, rows, name, precision, dtype):
    def mesh():
        points, cells, facets = peer_mesh(name)
        on_points, on_cells = peer_fields(points, cells)
        level, start = [], 0
        for _, nodes, _ in cells:
            level.append(on_cells["level"][start:start + len(nodes), 0].astype(dtype))
            start += len(nodes)
        level += [-np.ones(len(nodes), dtype=dtype) for _, nodes, _ in facets]
        return meshio.Mesh(
            points.astype(dtype), [(MESHIO_TYPES[kind], nodes) for kind, nodes, _ in cells + facets],
            point_data={"pressure": on_points["pressure"][:, 0].astype(dtype),
                        "velocity": on_points["velocity"].astype(dtype)},
            cell_data={"level": level, "gmsh:physical": [tags for _, _, tags in cells + facets]})
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), \
            contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        for binary in (False, True):
            for compression in (None, "zlib") if binary else (None,):
                for header in ("UInt32", "UInt64"):
                    mode = ("Binary" if binary else "Ascii") + (f"-{compression}" if compression else "")
                    file = f"meshio-{name}-{mode}-{header}-{precision}.vtu"
                    meshio.write(os.path.join(folder, file), mesh(), file_format="vtu", binary=binary,
                                 compression=compression, header_type=header)
                    rows.append([file, "vtu", name, precision])
            for version in ("vtk42", "vtk"):
                file = f"meshio-{name}-{'Binary' if binary else 'ASCII'}-{version}-{precision}.vtk"
                meshio.write(os.path.join(folder, file), mesh(), file_format=version, binary=binary)
                rows.append([file, "vtk-mesh", name, precision])


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
