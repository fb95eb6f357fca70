#!/usr/bin/python3
"""Makes meshes with Gmsh, of every kind of element and flavour of file that Ansatz reads.

  python3 Tests/Peers/gmsh_meshes.py DIR                                       makes them (needs gmsh in the path)
  ANSATZ_GMSH_MESHES=DIR swift test -c release --filter GmshTests              reads them

`--fixtures DIR` makes only the coarse ones that are kept in Tests/FormatsTests/Fixtures/Gmsh.
The plane domain is the unit square, the other one the unit cube. Both have the regions "left" (x < 1/2, tag 10) and
"right" (tag 20), which "right" shares with "warm" (tag 21); the boundaries "walls" (tag 5) at x = 0 and x = 1, and "base"
(tag 6) at y = 0, whose left half is also "hot" (tag 7); and "interface" (tag 8) at x = 1/2.
"""
import os
import subprocess
import sys
import tempfile

PLANE = """
h = 1 / n;
Point(101) = {0, 0, 0, h}; Point(7) = {0.5, 0, 0, h}; Point(55) = {1, 0, 0, h};
Point(3) = {1, 1, 0, h}; Point(204) = {0.5, 1, 0, h}; Point(2) = {0, 1, 0, h};
Line(11) = {101, 7}; Line(2) = {7, 55}; Line(30) = {55, 3}; Line(4) = {3, 204}; Line(5) = {204, 2}; Line(6) = {2, 101};
Line(70) = {7, 204};
Curve Loop(1) = {11, 70, 5, 6}; Plane Surface(9) = {1};
Curve Loop(2) = {2, 30, 4, -70}; Plane Surface(3) = {2};
If (structured)
  Transfinite Curve {11, 2, 4, 5} = n / 2 + 1; Transfinite Curve {30, 6, 70} = n + 1;
  Transfinite Surface {9, 3};
EndIf
If (recombine)
  Recombine Surface {9, 3};
EndIf
"""
TAGS_2D = """
Physical Surface("left", 10) = {9}; Physical Surface("right", 20) = {3}; Physical Surface("warm", 21) = {3};
Physical Curve("walls", 5) = {30, 6}; Physical Curve("base", 6) = {11, 2}; Physical Curve("hot", 7) = {11};
Physical Curve("interface", 8) = {70};
"""
TAGS_3D = """
If (recombine)
  l[] = Extrude {0, 0, 1} { Surface{9}; Layers{n}; Recombine; };
  r[] = Extrude {0, 0, 1} { Surface{3}; Layers{n}; Recombine; };
Else
  l[] = Extrude {0, 0, 1} { Surface{9}; };
  r[] = Extrude {0, 0, 1} { Surface{3}; };
EndIf
Physical Volume("left", 10) = {l[1]}; Physical Volume("right", 20) = {r[1]}; Physical Volume("warm", 21) = {r[1]};
Physical Surface("walls", 5) = {l[5], r[3]}; Physical Surface("base", 6) = {l[2], r[2]};
Physical Surface("hot", 7) = {l[2]}; Physical Surface("interface", 8) = {l[3]};
"""
SHAPES = {"triangle": (2, 0), "quadrilateral": (2, 1), "tetrahedron": (3, 0), "hexahedron": (3, 1)}


def make(folder, shape, order, incomplete, version, binary, n, save_all=False):
    dimension, recombine = SHAPES[shape]
    name = f"{shape}{order}{'-incomplete' if incomplete else ''}-{version}-{'binary' if binary else 'ascii'}"
    if save_all:
        name += "-all"
    source = f"n = {n}; recombine = {recombine}; structured = {recombine};\n" + PLANE
    source += TAGS_2D if dimension == 2 else TAGS_3D
    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, "domain.geo")
        with open(path, "w") as stream:
            stream.write(source)
        command = ["gmsh", path, f"-{dimension}", "-order", str(order), "-format", f"msh{version}", "-v", "2",
                   "-setnumber", "Mesh.SecondOrderIncomplete", str(int(incomplete)),
                   "-o", os.path.join(folder, name + ".msh")]
        command += ["-bin"] if binary else []
        command += ["-save_all"] if save_all else []
        subprocess.run(command, check=True)
    return name


def main():
    fixtures = "--fixtures" in sys.argv
    folders = [a for a in sys.argv[1:] if not a.startswith("--")]
    if len(folders) != 1:
        print(__doc__)
        sys.exit(2)
    os.makedirs(folders[0], exist_ok=True)
    count = 0
    for shape in SHAPES:
        for order in (1, 2):
            for incomplete in (False, True) if order == 2 and SHAPES[shape][1] else (False,):
                for version in ("22", "41"):
                    for binary in (False, True):
                        make(folders[0], shape, order, incomplete, version, binary, 2 if fixtures else 6)
                        count += 1
    for version in ("22", "41"):
        make(folders[0], "triangle", 1, False, version, False, 2, save_all=True)
        count += 1
    print(f"{count} meshes in {folders[0]}")


if __name__ == "__main__":
    main()
