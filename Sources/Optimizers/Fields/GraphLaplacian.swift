import Algebra
import Foundation
import Tensors

/// The Laplacian of a weighted graph, L = D − W or 1 − D^{-1/2} W D^{-1/2} with the degrees D, and ways to solve with it
/// (Bertozzi and Flenner, Multiscale Model. Simul. 10, 2012; von Luxburg, Stat. Comput. 17, 2007).
public struct GraphLaplacian: FieldLaplacian {
  /// What L is.
  public enum Form: String, Sendable, Codable, CaseIterable {
    /// D − W.
    case combinatorial
    /// 1 − D^{-1/2} W D^{-1/2}, whose eigenvalues are in [0, 2].
    case normalized
  }

  /// How systems with a + b L are solved.
  public enum Method: Sendable, Equatable {
    /// By a sparse Cholesky factorisation.
    case cholesky
    /// By conjugate gradients with a diagonal preconditioner, to the given residual relative to the right-hand side.
    case conjugateGradients(tolerance: Double)
    /// In the span of the eigenvectors of the given number of smallest eigenvalues, which becomes the space of fields.
    case eigenvectors(Int)
  }

  /// The weights W.
  public let weights: SparseMatrix<Double>
  /// What L is.
  public let form: Form
  /// L.
  public let matrix: SparseMatrix<Double>
  /// How systems are solved.
  public let method: Method
  /// The eigenvectors that fields are combined of, row by row, and their eigenvalues; nil for other methods.
  let spectrum: (vectors: Tensor<Double>, values: [Double])?

  /// The Laplacian of a graph.
  ///
  /// - Parameter weights: W, symmetric with entries ≥ 0 and a positive sum in every row; its diagonal is left out.
  /// - Throws: `GraphError` and `SparseMatrixError` for weights that are not such, `EigenError` where eigenvectors are not found.
  public init(weights: SparseMatrix<Double>, form: Form = .normalized, method: Method = .cholesky) throws {
    let n = weights.rows
    try weights.requireFinite()
    try weights.requireSymmetric(
      for: "A graph's Laplacian", remedy: "the mean of the weights and their transpose")
    var degrees = [Double](repeating: 0, count: n)
    weights.forEachEntry { row, column, value in if row != column { degrees[row] += value } }
    var negative: (Int, Int, Double)?
    weights.forEachEntry { row, column, value in
      if value < 0, negative == nil { negative = (row, column, value) }
    }
    if let (row, column, value) = negative {
      throw GraphError.negativeWeight(row: row, column: column, weight: value)
    }
    if let node = degrees.firstIndex(where: { !($0 > 0) }) { throw GraphError.isolatedNode(node) }
    var (rows, columns, values) = ([Int32](), [Int32](), [Double]())
    for node in 0..<n {
      rows.append(Int32(node))
      columns.append(Int32(node))
      values.append(form == .normalized ? 1 : degrees[node])
    }
    weights.forEachEntry { row, column, value in
      guard row != column else { return }
      rows.append(Int32(row))
      columns.append(Int32(column))
      values.append(form == .normalized ? -value / (degrees[row] * degrees[column]).squareRoot() : -value)
    }
    let matrix = try SparseMatrix<Double>(
      rows: n, columns: n, rowIndices: rows, columnIndices: columns, values: values)
    (self.weights, self.form, self.method, self.matrix) = (weights, form, method, matrix)
    guard case .eigenvectors(let count) = method else {
      spectrum = nil
      return
    }
    // Shifted, so that residuals are compared with what is not zero for the smallest eigenvalue either.
    let shift = form == .normalized ? 1 : degrees.reduce(0, +) / Double(n)
    let shifted = try SparseMatrix.sum(1, matrix, shift, SparseMatrix.identity(n))
    let found = try LOBPCG(.smallest, count: count, tolerance: 1e-9).solve(shifted).converged()
    spectrum = (
      Tensor(shape: [count, n], found.vectors.flatMap { $0 }), found.values.map { max(0, $0 - shift) }
    )
  }

  public var shape: [Int] { [weights.rows] }
  public var cellVolume: Double { 1 }
  public var pointWeights: [Double]? { nil }

  /// - Throws: `DirectSolverError` where there is no factorisation.
  public func makeSolve(identity a: Double, laplacian b: Double) throws -> any FieldSolve {
    if let spectrum { return SpanSolve(spectrum, identity: a, laplacian: b) }
    let system = try SparseMatrix.sum(a, SparseMatrix.identity(count), b, matrix)
    switch method {
    case .conjugateGradients(let tolerance):
      let inverse = SparseMatrix<Double>.diagonal(system.diagonal.map { 1 / $0 })
      return IterativeFieldSolve(
        laplacian: matrix.makeAction(pool: .shared), system: system.makeAction(pool: .shared),
        preconditioner: inverse.makeAction(pool: .shared), tolerance: tolerance, limit: 10_000)
    default: return try GraphFactorization(matrix, system: system)
    }
  }
}

/// Why a graph has no Laplacian that can be used.
public enum GraphError: Error, Equatable, CustomStringConvertible {
  /// A weight below zero.
  case negativeWeight(row: Int, column: Int, weight: Double)
  /// A node without neighbours.
  case isolatedNode(Int)
  /// Points, or numbers of neighbours, of which no graph can be made.
  case badPoints(String)

  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .negativeWeight(let row, let column, let weight):
      "The weight between the nodes \(row) and \(column) is \(weight); make weights of similarities, which are not negative."
    case .isolatedNode(let node):
      "The node \(node) has no neighbour with a weight above zero; leave it out, or give it one."
    case .badPoints(let reason): "\(reason)."
    }
  }
}

extension SparseMatrix where Scalar == Double {
  /// Calls `body` for every stored entry, row by row.
  func forEachEntry(_ body: (_ row: Int, _ column: Int, _ value: Double) -> Void) {
    let columns = pattern.columnIndices
    for row in 0..<rows {
      for k in pattern.entries(ofRow: row) {
        body(row, Int(columns.pointer[k]), values.pointer[k])
      }
    }
  }
}
