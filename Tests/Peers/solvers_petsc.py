#!/usr/bin/python3
"""Solves a sparse system by PETSc and prints one JSON line: what 'ansatz bench solvers --peers' runs.

  mpirun -n 2 /usr/bin/python3 Tests/Peers/solvers_petsc.py FILE.npz PRECONDITIONER [TOLERANCE [cg|gmres]]

FILE.npz holds the matrix (scipy.sparse.save_npz, compressed rows) and the right-hand side b. PRECONDITIONER is one of
hypre, hypre-tuned, gamg, icc, ilu, jacobi. The seconds are those of set-up and solve, the matrix already in PETSc's hands, of
the second solver on the same matrix, so that no library is loaded meanwhile. Debian: python3-petsc4py python3-scipy.
"""
import json
import sys
import time

import numpy as np
import petsc4py

petsc4py.init([])
from petsc4py import PETSc  # noqa: E402  (PETSc reads its options when it is imported)

# BoomerAMG as its manual advises for large problems: HMIS coarsening with one aggressive level, extended+i
# interpolation cut to four entries a row.
TUNED = {
    "pc_hypre_boomeramg_strong_threshold": 0.5,
    "pc_hypre_boomeramg_coarsen_type": "HMIS",
    "pc_hypre_boomeramg_interp_type": "ext+i",
    "pc_hypre_boomeramg_P_max": 4,
    "pc_hypre_boomeramg_agg_nl": 1,
}


def solve(matrix, b, kind, tolerance, method):
    options = PETSc.Options()
    for key, value in TUNED.items():
        if kind == "hypre-tuned":
            options[key] = value
    solver = PETSc.KSP().create(PETSc.COMM_WORLD)
    solver.setOperators(matrix)
    solver.setType(method)
    if method == "gmres":
        # The residual of the system itself is what is measured.
        solver.setPCSide(PETSc.PC.Side.RIGHT)
    solver.setNormType(PETSc.KSP.NormType.UNPRECONDITIONED)
    solver.setTolerances(rtol=tolerance, max_it=20000)
    solver.getPC().setType("hypre" if kind.startswith("hypre") else kind)
    solver.setFromOptions()
    x = b.duplicate()
    PETSc.COMM_WORLD.Barrier()
    start = time.perf_counter()
    solver.setUp()
    solver.getPC().setUp()
    ready = time.perf_counter()
    solver.solve(b, x)
    end = time.perf_counter()
    residual = matrix.createVecLeft()
    matrix.mult(x, residual)
    residual.axpy(-1, b)
    result = {
        "setup": ready - start, "solve": end - ready, "iterations": solver.getIterationNumber(),
        "residual": residual.norm() / b.norm(),
    }
    for key in TUNED:
        options.delValue(key)
    return result


def main():
    path, kind = sys.argv[1:3]
    tolerance = float(sys.argv[3]) if len(sys.argv) > 3 else 1e-8
    method = sys.argv[4] if len(sys.argv) > 4 else "cg"
    comm = PETSc.COMM_WORLD
    with np.load(path) as archive:
        starts, columns, values, right = (archive[k] for k in ("indptr", "indices", "data", "b"))
    count = len(starts) - 1
    rank, size = comm.getRank(), comm.getSize()
    first, end = count * rank // size, count * (rank + 1) // size
    part = slice(starts[first], starts[end])
    local = (starts[first:end + 1] - starts[first]).astype(PETSc.IntType)
    matrix = PETSc.Mat().createAIJ(
        size=((end - first, count), (end - first, count)),
        csr=(local, columns[part].astype(PETSc.IntType), values[part]), comm=comm)
    matrix.setOption(PETSc.Mat.Option.SPD, method == "cg")
    b = matrix.createVecLeft()
    b.setArray(right[first:end])
    if kind in ("icc", "ilu") and size > 1:
        sys.exit(f"{kind} runs on one rank")
    solve(matrix, b, kind, 1e-1, method)
    result = solve(matrix, b, kind, tolerance, method)
    if rank == 0:
        print(json.dumps(result))


main()
