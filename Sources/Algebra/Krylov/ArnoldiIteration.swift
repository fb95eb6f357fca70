import Foundation
import Tensors

/// What GMRES and FGMRES have in common: Arnoldi's basis, the Hessenberg matrix by rotations, and starting again.
final class ArnoldiIteration<Scalar: SparseScalar> {
  private let system: IterativeSystem<Scalar>
  private let restart: Int
  private let basis: VectorBasis<Scalar>
  /// M⁻¹ v for each direction, where it cannot be applied afterwards.
  private let preconditioned: VectorBasis<Scalar>?
  private let z, sum: UnsafeMutablePointer<Scalar>
  /// Columns of the triangle R, `restart` + 1 apart.
  private let columns: Buffer<Double>
  private let cosines, sines, g, products: Buffer<Double>

  init(_ system: IterativeSystem<Scalar>, restart: Int, isFlexible: Bool) {
    let m = min(restart, max(system.rows, 1))
    (self.system, self.restart) = (system, m)
    basis = VectorBasis(count: system.rows, capacity: m + 1, pool: system.pool)
    preconditioned =
      isFlexible && system.isPreconditioned
      ? VectorBasis(count: system.rows, capacity: m, pool: system.pool) : nil
    (z, sum) = (system.vector(), system.vector())
    columns = Buffer(count: (m + 1) * m)
    (cosines, sines, g, products) = (
      Buffer(count: m), Buffer(count: m), Buffer(count: m + 1), Buffer(count: m + 1)
    )
  }

  func run() throws -> IterationStatus {
    var norm = system.residual(into: basis[0])
    try system.recordStart(norm)
    if norm <= system.target { return .converged }
    var idle = 0
    while system.mayContinue {
      let (directions, carried) = try cycle(norm)
      guard directions > 0, update(directions) else { return .breakdown }
      let computed = system.residual(into: basis[0])
      switch system.verify(computed: computed, carried: carried) {
      case .end(let status): return status
      case .proceed, .restart: break
      }
      // A cycle that gains nothing is followed by others that do not.
      idle = computed > 0.999_999 * norm ? idle + 1 : 0
      if idle == 3 { return .stagnated }
      norm = computed
    }
    return .iterationLimit
  }

  /// Builds directions from the residual in basis[0], of the given norm. Returns how many there are, and the norm of
  /// the residual that they leave.
  private func cycle(_ norm: Double) throws -> (directions: Int, norm: Double) {
    let passes = system.passes
    passes.scale(basis[0], by: Scalar(1 / norm))
    g.pointer.update(repeating: 0, count: g.count)
    g.pointer[0] = norm
    var (j, left) = (0, norm)
    while j < restart, system.mayContinue {
      let direction = preconditioned?[j] ?? z
      let next = basis[j + 1]
      system.applyPreconditioner(basis[j], to: direction)
      system.apply(direction, to: next)
      system.project(next)
      let length = passes.norm(next)
      let column = columns.pointer + j * (restart + 1)
      basis.inner(next, vectors: j + 1, into: column)
      basis.combine(column, vectors: j + 1, sign: -1, into: next)
      basis.inner(next, vectors: j + 1, into: products.pointer)
      let square = basis.combine(products.pointer, vectors: j + 1, sign: -1, into: next)
      for k in 0...j { column[k] += products.pointer[k] }
      let height = square.squareRoot()
      for k in 0..<j {
        let (c, s) = (cosines.pointer[k], sines.pointer[k])
        (column[k], column[k + 1]) = (c * column[k] + s * column[k + 1], c * column[k + 1] - s * column[k])
      }
      let pivot = hypot(column[j], height)
      guard pivot > 0 else { return (j, left) }
      (cosines.pointer[j], sines.pointer[j]) = (column[j] / pivot, height / pivot)
      column[j] = pivot
      g.pointer[j + 1] = -sines.pointer[j] * g.pointer[j]
      g.pointer[j] *= cosines.pointer[j]
      left = pivot.isNaN ? .nan : abs(g.pointer[j + 1])
      _ = try system.record(left)
      j += 1
      // An invariant subspace contains the solution, or shows that there is none.
      if left <= system.target || height <= 10 * Double(Scalar.ulpOfOne) * length { break }
      passes.scale(next, by: Scalar(1 / height))
    }
    return (j, left)
  }

  /// x += Σ y_k M⁻¹ v_k for the y that minimises the residual. Returns false where R is singular.
  private func update(_ directions: Int) -> Bool {
    let y = products.pointer
    for k in (0..<directions).reversed() {
      var value = g.pointer[k]
      for j in k + 1..<max(directions, k + 1) { value -= columns.pointer[j * (restart + 1) + k] * y[j] }
      let pivot = columns.pointer[k * (restart + 1) + k]
      guard pivot != 0 else { return false }
      y[k] = value / pivot
    }
    if let preconditioned {
      preconditioned.combine(y, vectors: directions, into: system.x)
    } else {
      system.passes.zero(sum)
      basis.combine(y, vectors: directions, into: sum)
      system.applyPreconditioner(sum, to: z)
      system.passes.axpy(1, z, system.x)
    }
    return true
  }
}
