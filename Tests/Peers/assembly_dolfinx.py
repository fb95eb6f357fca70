#!/usr/bin/python3
"""Assembles a diffusion problem by FEniCSx and prints one JSON line: what 'ansatz bench assembly --peers' runs.

  mpirun -n 2 /usr/bin/python3 Tests/Peers/assembly_dolfinx.py DIMENSION CELLS simplex|box ORDER constant|variable [ROUNDS]

The problem is -div(k grad u) = d pi^2 prod sin(pi x_i) on the unit square or cube with CELLS per axis, u = 0 at the
boundary, k = 1 or 1 + x^2 + 2 y. "first" counts assemble_matrix (which makes the sparsity pattern), the vector and the
boundary values, "again" the same into the matrix and the vector that there are; both are the smallest of ROUNDS runs,
after a small problem that compiles the forms. Debian: python3-dolfinx.
"""
import json
import sys
import time

import numpy as np
import ufl
from dolfinx import fem, mesh
from dolfinx.fem import petsc
from mpi4py import MPI
from petsc4py import PETSc

COMM = MPI.COMM_WORLD


def seconds(start):
    COMM.Barrier()
    return time.perf_counter() - start


def discretise(dimension, cells, shape, order, coefficient):
    kind = mesh.CellType
    if dimension == 2:
        cell = kind.triangle if shape == "simplex" else kind.quadrilateral
        domain = mesh.create_unit_square(COMM, cells, cells, cell)
    else:
        cell = kind.tetrahedron if shape == "simplex" else kind.hexahedron
        domain = mesh.create_unit_cube(COMM, cells, cells, cells, cell)
    space = fem.FunctionSpace(domain, ("Lagrange", order))
    facets = mesh.locate_entities_boundary(domain, dimension - 1, lambda x: np.full(x.shape[1], True))
    dofs = fem.locate_dofs_topological(space, dimension - 1, facets)
    bc = fem.dirichletbc(PETSc.ScalarType(0), dofs, space)
    u, v, x = ufl.TrialFunction(space), ufl.TestFunction(space), ufl.SpatialCoordinate(domain)
    source = dimension * ufl.pi**2
    for axis in range(dimension):
        source = source * ufl.sin(ufl.pi * x[axis])
    gradients = ufl.inner(ufl.grad(u), ufl.grad(v))
    if coefficient == "variable":
        gradients = (1 + x[0] * x[0] + 2 * x[1]) * gradients
    return space, bc, dofs, fem.form(gradients * ufl.dx), fem.form(source * v * ufl.dx)


def finish(b, a, bc):
    petsc.apply_lifting(b, [a], [[bc]])
    b.ghostUpdate(addv=PETSc.InsertMode.ADD, mode=PETSc.ScatterMode.REVERSE)
    petsc.set_bc(b, [bc])


def measure(*case):
    COMM.Barrier()
    start = time.perf_counter()
    space, bc, dofs, a, form = discretise(*case)
    setup = seconds(start)
    start = time.perf_counter()
    matrix = petsc.assemble_matrix(a, bcs=[bc])
    matrix.assemble()
    b = petsc.assemble_vector(form)
    finish(b, a, bc)
    first = seconds(start)
    start = time.perf_counter()
    matrix.zeroEntries()
    petsc.assemble_matrix(matrix, a, bcs=[bc])
    matrix.assemble()
    with b.localForm() as local:
        local.set(0)
    petsc.assemble_vector(b, form)
    finish(b, a, bc)
    again = seconds(start)

    index = space.dofmap.index_map
    prescribed = COMM.allreduce(int(np.sum(dofs < index.size_local)), op=MPI.SUM)
    w = fem.Function(space)
    dimension = case[0]
    w.interpolate(lambda x: np.exp(x[0]) * np.prod(np.sin(np.pi * x[:dimension]), axis=0))
    petsc.set_bc(w.vector, [bc])
    w.x.scatter_forward()
    image = matrix.createVecLeft()
    matrix.mult(w.vector, image)
    return {
        "setup": setup, "first": first, "again": again, "unknowns": index.size_global,
        # Rows of prescribed unknowns are those of the identity.
        "matrixNorm": (matrix.norm(PETSc.NormType.FROBENIUS)**2 - prescribed)**0.5,
        "imageNorm": image.norm(), "energy": w.vector.dot(image), "vectorNorm": b.norm(), "load": b.dot(w.vector),
    }


def main():
    dimension, cells, shape, order, coefficient = sys.argv[1:6]
    rounds = int(sys.argv[6]) if len(sys.argv) > 6 else 3
    measure(int(dimension), 4, shape, int(order), coefficient)
    runs = [measure(int(dimension), int(cells), shape, int(order), coefficient) for _ in range(rounds)]
    result = runs[-1]
    for key in ("setup", "first", "again"):
        result[key] = min(run[key] for run in runs)
    if COMM.rank == 0:
        print(json.dumps(result), flush=True)


main()
