"""Reads the Gmsh files of the gallery with meshio, and with Gmsh itself where it is installed."""
import os
import shutil
import subprocess
import tempfile
import warnings

import meshio
import numpy as np

KINDS = {
    "intervals": ("line", "vertex"), "triangles": ("triangle", "line"), "quadrilaterals": ("quad", "line"),
    "tetrahedra": ("tetra", "triangle"), "hexahedra": ("hexahedron", "quad"), "mixed": ("quad", "triangle", "line"),
}
SECOND = {"line": "line3", "triangle": "triangle6", "quad": "quad9", "tetra": "tetra10", "hexahedron": "hexahedron27",
          "vertex": "vertex"}
# Tags that stand for several groups.
REGIONS, BOUNDARIES = {40: {2, 7}}, {3: {1, 2}}


def demand(condition, text):
    if not condition:
        raise AssertionError(text)


def check(folder, file, content):
    base = content.removesuffix("-2")
    kinds = [SECOND[k] if content.endswith("-2") else k for k in KINDS[base]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mesh = meshio.read(os.path.join(folder, file), file_format="gmsh")
    expected = os.path.join(folder, "expected", f"mesh-{content}")
    points = np.load(f"{expected}-points.npy")
    demand(np.array_equal(mesh.points[:, : points.shape[1]], points), "meshio: points differ")
    demand(not mesh.points[:, points.shape[1]:].any(), "meshio: further coordinates are not zero")
    names = [f"cells{i}" for i in range(len(kinds) - 1)] + ["facets0"]
    found = {kind: {} for kind in kinds}
    for block, tags in zip(mesh.cells, mesh.cell_data["gmsh:physical"]):
        demand(block.type in found, f"meshio: cells of type {block.type}")
        # meshio has an order of its own for the nodes inside the faces of hexahedra.
        data = np.sort(block.data, axis=1) if block.type == "hexahedron27" else block.data
        for row, tag in zip(data.tolist(), np.ravel(tags).tolist()):
            found[block.type].setdefault(tuple(row), set()).add(tag)
    for kind, name in zip(kinds, names):
        rows, tags = np.load(f"{expected}-{name}.npy"), np.load(f"{expected}-{name}-tags.npy")
        rows = np.sort(rows, axis=1) if kind == "hexahedron27" else rows
        demand(len(found[kind]) == len(rows), f"meshio: {len(found[kind])} cells of type {kind}, not {len(rows)}")
        groups = BOUNDARIES if name == "facets0" else REGIONS
        for row, tag in zip(rows.tolist(), tags.tolist()):
            tags_found = found[kind].get(tuple(row))
            demand(tags_found is not None, f"meshio: no {kind} {row}")
            wanted = groups.get(tag, {tag})
            # In version 4.1 meshio gives an element the first of its groups only.
            whole = tags_found == wanted if "2.2" in file else tags_found <= wanted
            demand(whole, f"meshio: {kind} {row} is in {tags_found}, not {wanted}")
    gmsh = shutil.which("gmsh")
    if not gmsh:
        return "meshio"
    with tempfile.TemporaryDirectory() as scratch:
        copy = os.path.join(scratch, "copy.msh")
        output = subprocess.run([gmsh, "-0", "-v", "3", os.path.join(folder, file), "-o", copy, "-format", "msh22"],
                                capture_output=True, text=True)
        text = output.stdout + output.stderr
        demand(output.returncode == 0 and "Error" not in text and "Warning" not in text, f"Gmsh: {text}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            again = meshio.read(copy, file_format="gmsh")
    counts = {kind: len({tuple(sorted(row)) for block in again.cells if block.type == kind for row in block.data.tolist()})
              for kind in kinds}
    demand(counts == {kind: len(rows) for kind, rows in found.items()}, f"Gmsh: {counts}")
    return "meshio, Gmsh"


if __name__ == "__main__":
    import csv
    import sys
    passed = failed = 0
    with open(os.path.join(sys.argv[1], "manifest.csv"), newline="") as stream:
        for row in csv.DictReader(stream):
            if row["format"] == "msh":
                try:
                    print("ok   ", row["file"], check(sys.argv[1], row["file"], row["content"]))
                    passed += 1
                except Exception as error:
                    print("FAIL ", row["file"], type(error).__name__, error)
                    failed += 1
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)
