import CSuiteSparse

/// The parameters, status and workspace of CHOLMOD: one per factorisation and one per solve, since calls change it.
final class CHOLMODCommon {
  let pointer: UnsafeMutablePointer<cholmod_common>
  private let isLong: Bool

  /// - Parameter long: Whether for the interface with 64-bit indices.
  init(long: Bool = false) {
    isLong = long
    pointer = .allocate(capacity: 1)
    pointer.initialize(to: cholmod_common())
    _ = long ? cholmod_l_start(pointer) : cholmod_start(pointer)
    // Errors are read from the status; nothing is printed and no handler is called.
    pointer.pointee.print = 0
    pointer.pointee.try_catch = 1
    pointer.pointee.error_handler = nil
    pointer.pointee.useGPU = 0
    // METIS ends the process when it runs out of memory: this much is asked for before METIS is called.
    pointer.pointee.metis_memory = 2
  }

  deinit {
    _ = isLong ? cholmod_l_finish(pointer) : cholmod_finish(pointer)
    pointer.deallocate()
  }

  var status: Int32 { pointer.pointee.status }

  /// The error that a negative status stands for.
  func error(_ solver: String, count: Int) -> DirectSolverError {
    switch status {
    case CHOLMOD_OUT_OF_MEMORY: .outOfMemory(solver: solver, bytes: nil)
    case CHOLMOD_TOO_LARGE: .tooLarge(solver: solver, count: count)
    default: .library(solver: solver, status: Int(status))
    }
  }
}

extension SparseMatrix where Scalar == Double {
  /// Calls `body` with this symmetric matrix as CHOLMOD's, in place: the rows of a symmetric matrix are its columns, of
  /// which the upper part is taken.
  func withSymmetricCHOLMODMatrix<Result>(_ body: (UnsafeMutablePointer<cholmod_sparse>) throws -> Result)
    rethrows
    -> Result
  {
    var sparse = cholmod_sparse()
    sparse.nrow = rows
    sparse.ncol = columns
    sparse.nzmax = entryCount
    sparse.p = UnsafeMutableRawPointer(pattern.rowStarts.pointer)
    sparse.i = UnsafeMutableRawPointer(pattern.columnIndices.pointer)
    sparse.x = UnsafeMutableRawPointer(values.pointer)
    sparse.stype = 1
    sparse.itype = CHOLMOD_INT
    sparse.xtype = CHOLMOD_REAL
    sparse.dtype = CHOLMOD_DOUBLE
    sparse.sorted = 1
    sparse.packed = 1
    return try body(&sparse)
  }
}

/// A dense matrix of CHOLMOD over memory of the caller, columns one after another.
func denseCHOLMODMatrix(_ x: UnsafePointer<Double>, rows: Int, columns: Int) -> cholmod_dense {
  var dense = cholmod_dense()
  dense.nrow = rows
  dense.ncol = columns
  dense.nzmax = rows * columns
  dense.d = rows
  dense.x = UnsafeMutableRawPointer(mutating: x)
  dense.xtype = CHOLMOD_REAL
  dense.dtype = CHOLMOD_DOUBLE
  return dense
}
