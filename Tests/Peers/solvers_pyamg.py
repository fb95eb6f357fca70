#!/usr/bin/env python3
"""Solves a sparse system by pyamg's multigrid as a preconditioner and prints one JSON line: what 'ansatz bench solvers
--peers' runs.

  python3 Tests/Peers/solvers_pyamg.py FILE.npz smoothed-aggregation|ruge-stuben [TOLERANCE [cg|gmres]]

FILE.npz holds the matrix (scipy.sparse.save_npz, compressed rows) and the right-hand side b. The settings are pyamg's own;
a small system is solved first, so that no library is loaded meanwhile. pip install pyamg.
"""
import json
import sys
import time

import numpy as np
import pyamg
import scipy.sparse as sp


def solve(matrix, b, kind, tolerance, method):
    start = time.perf_counter()
    if kind == "ruge-stuben":
        hierarchy = pyamg.ruge_stuben_solver(matrix)
    else:
        hierarchy = pyamg.smoothed_aggregation_solver(
            matrix, symmetry="symmetric" if method == "cg" else "nonsymmetric")
    ready = time.perf_counter()
    residuals = []
    x = hierarchy.solve(b, tol=tolerance, maxiter=1000, accel=method, residuals=residuals)
    end = time.perf_counter()
    return {
        "setup": ready - start, "solve": end - ready, "iterations": len(residuals) - 1,
        "residual": float(np.linalg.norm(b - matrix @ x) / np.linalg.norm(b)),
    }


def main():
    path, kind = sys.argv[1:3]
    tolerance = float(sys.argv[3]) if len(sys.argv) > 3 else 1e-8
    method = sys.argv[4] if len(sys.argv) > 4 else "cg"
    if kind not in ("smoothed-aggregation", "ruge-stuben") or method not in ("cg", "gmres"):
        sys.exit(__doc__)
    matrix = sp.csr_matrix(sp.load_npz(path))
    with np.load(path) as archive:
        b = archive["b"]
    small = pyamg.gallery.poisson((40, 40), format="csr")
    solve(small, np.ones(1600), kind, tolerance, method)
    print(json.dumps(solve(matrix, b, kind, tolerance, method)), flush=True)


main()
