import Algebra
import Tensors

/// uᵀ L u by a product with the matrix of L.
private final class GraphForm {
  private let action: LinearAction<Double>
  private let product: Buffer<Double>
  private let passes: VectorPasses<Double>

  init(_ matrix: SparseMatrix<Double>) {
    action = matrix.makeAction(pool: .shared)
    product = Buffer(count: matrix.rows)
    passes = VectorPasses(count: matrix.rows, pool: .shared)
  }

  func callAsFunction(_ u: UnsafePointer<Double>) -> Double {
    action.apply(u, to: product.pointer)
    return passes.inner(u, product.pointer)
  }
}

/// Solves on a graph by a sparse Cholesky factorisation.
final class GraphFactorization: FieldSolve {
  private let factors: LinearAction<Double>
  private let quadratic: GraphForm

  init(_ matrix: SparseMatrix<Double>, system: SparseMatrix<Double>) throws {
    factors = try CHOLMOD().prepare(system).makeSolve()
    quadratic = GraphForm(matrix)
  }

  func solve(_ f: UnsafePointer<Double>, into u: UnsafeMutablePointer<Double>) -> Double {
    factors.apply(f, to: u)
    return quadratic(u)
  }

  func form(_ u: UnsafePointer<Double>) -> Double { quadratic(u) }
}

/// Solves by preconditioned conjugate gradients, from the guess that is given.
final class IterativeFieldSolve: FieldSolve {
  private let system: NewtonSystem<Double>
  private let laplacian, action, preconditioner: LinearAction<Double>
  private let product: Buffer<Double>
  private let passes: VectorPasses<Double>
  private let tolerance: Double
  private let limit: Int

  /// - Parameters:
  ///   - laplacian: L.
  ///   - system: a + b L.
  ///   - preconditioner: A symmetric positive definite approximation of its inverse.
  init(
    laplacian: LinearAction<Double>, system: LinearAction<Double>, preconditioner: LinearAction<Double>,
    tolerance: Double, limit: Int
  ) {
    let n = laplacian.rows
    self.system = NewtonSystem(count: n, iterations: limit)
    (self.laplacian, action, self.preconditioner) = (laplacian, system, preconditioner)
    product = Buffer(count: n)
    passes = VectorPasses(count: n, pool: .shared)
    (self.tolerance, self.limit) = (tolerance, limit)
  }

  func solve(_ f: UnsafePointer<Double>, into u: UnsafeMutablePointer<Double>) throws -> Double {
    system.gradient.withUnsafeMutableBufferPointer {
      passes.copy(f, to: $0.baseAddress!)
      passes.scale($0.baseAddress!, by: -1)
    }
    system.direction.withUnsafeMutableBufferPointer { passes.copy(u, to: $0.baseAddress!) }
    func apply(_ action: LinearAction<Double>, _ x: Tensor<Double>, _ y: inout Tensor<Double>) {
      y.withUnsafeMutableBufferPointer { y in
        x.withUnsafeBufferPointer { action.apply($0.baseAddress!, to: y.baseAddress!) }
      }
    }
    let outcome = try system.solve(
      damping: 0, isWarm: true, limits: .init(iterations: limit, residual: tolerance, progress: 0),
      multiply: { apply(action, $0, &$1) }, precondition: { apply(preconditioner, $0, &$1) })
    guard outcome.iterations < limit else {
      throw FieldSolveError.notConverged(iterations: limit, tolerance: tolerance)
    }
    system.direction.withUnsafeBufferPointer { passes.copy($0.baseAddress!, to: u) }
    return form(u)
  }

  func form(_ u: UnsafePointer<Double>) -> Double {
    laplacian.apply(u, to: product.pointer)
    return passes.inner(u, product.pointer)
  }
}

/// Why a field could not be solved for.
public enum FieldSolveError: Error, Equatable, CustomStringConvertible {
  /// Conjugate gradients that did not reach their tolerance.
  case notConverged(iterations: Int, tolerance: Double)

  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .notConverged(let iterations, let tolerance):
      "Conjugate gradients for a field have not reached a residual of \(tolerance) in \(iterations) iterations; loosen "
        + "it, take a shorter step, or solve by a factorisation or a transform."
    }
  }
}

/// Solves in the span of some eigenvectors.
final class SpanSolve: FieldSolve {
  private let basis: VectorBasis<Double>
  private let values: [Double]
  private let coefficients: Buffer<Double>
  private let identity, laplacian: Double

  init(_ spectrum: (vectors: Tensor<Double>, values: [Double]), identity: Double, laplacian: Double) {
    let (count, n) = (spectrum.values.count, spectrum.vectors.shape[1])
    let basis = VectorBasis<Double>(count: n, capacity: count, pool: .shared)
    spectrum.vectors.withUnsafeBufferPointer { vectors in
      for k in 0..<count { basis[k].update(from: vectors.baseAddress! + k * n, count: n) }
    }
    self.basis = basis
    (values, self.identity, self.laplacian) = (spectrum.values, identity, laplacian)
    coefficients = Buffer(count: count)
  }

  func solve(_ f: UnsafePointer<Double>, into u: UnsafeMutablePointer<Double>) -> Double {
    let c = coefficients.pointer
    basis.inner(f, vectors: values.count, into: c)
    var form = 0.0
    for k in 0..<values.count {
      c[k] /= identity + laplacian * values[k]
      form += values[k] * c[k] * c[k]
    }
    u.update(repeating: 0, count: basis.count)
    basis.combine(c, vectors: values.count, into: u)
    return form
  }

  func form(_ u: UnsafePointer<Double>) -> Double {
    let c = coefficients.pointer
    basis.inner(u, vectors: values.count, into: c)
    var form = 0.0
    for k in 0..<values.count { form += values[k] * c[k] * c[k] }
    return form
  }
}
