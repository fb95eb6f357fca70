import CKernels
import Foundation
import Tensors

/// Successive over-relaxation (Young 1954): each unknown in turn is moved ω times as far as its equation asks for.
/// ω = 1 is the Gauss-Seidel method.
public struct SOR: IterativeSolver {
  /// The order of the unknowns.
  public enum Ordering: String, Sendable, Codable, CaseIterable {
    /// As they are numbered.
    case natural
    /// Colour by colour, where neighbours differ in colour: red and black on grids with 5 or 7 points. All unknowns of
    /// a colour are relaxed at the same time.
    case multicolour
  }

  public var stopping: StoppingCriterion
  /// ω; nil for Young's optimum from the spectral radius of Jacobi's iteration, which Lanczos' method estimates.
  public var relaxation: Double?
  /// The order of the unknowns.
  public var ordering: Ordering
  /// Whether each sweep is followed by one in the opposite order (SSOR).
  public var isSymmetric: Bool
  public var name: String {
    (isSymmetric ? "SSOR" : relaxation == 1 ? "Gauss-Seidel" : "SOR")
      + (ordering == .multicolour ? ", multicolour" : "")
  }
  public var requirements: IterativeRequirements { .withoutPreconditioner }

  /// SOR with the given relaxation, order and symmetry.
  public init(
    _ stopping: StoppingCriterion = StoppingCriterion(), relaxation: Double? = nil,
    ordering: Ordering = .natural,
    isSymmetric: Bool = false
  ) {
    precondition(
      relaxation.map { $0 > 0 && $0 < 2 } ?? true, "a relaxation of \(relaxation ?? 0), outside 0 to 2")
    self.stopping = stopping
    self.relaxation = relaxation
    self.ordering = ordering
    self.isSymmetric = isSymmetric
  }

  /// The Gauss-Seidel method.
  public static func gaussSeidel(
    _ stopping: StoppingCriterion = StoppingCriterion(), ordering: Ordering = .natural
  ) -> Self {
    Self(stopping, relaxation: 1, ordering: ordering)
  }

  /// Young's optimal ω = 2 / (1 + √(1 − ρ²)) for consistently ordered matrices, where Jacobi's iteration has the
  /// spectral radius ρ; SOR then has ω − 1.
  public static func optimalRelaxation(jacobiRadius rho: Double) -> Double {
    precondition(rho >= 0 && rho < 1, "a spectral radius of \(rho) of Jacobi's iteration, outside 0 to 1")
    return 2 / (1 + (1 - rho * rho).squareRoot())
  }

  /// The optimal ω for the Laplacian with 2 d + 1 points on a grid of n₁ × … × n_d unknowns between zero values, with
  /// equal spacing: 2 / (1 + sin π h) where all n are 1/h − 1.
  public static func optimalRelaxation(points: [Int]) -> Double {
    let rho = points.reduce(0) { $0 + cos(.pi / Double($1 + 1)) } / Double(points.count)
    return optimalRelaxation(jacobiRadius: rho)
  }

  public func iterate<Scalar: SparseScalar>(_ system: IterativeSystem<Scalar>) throws -> IterationStatus {
    let iteration = StationaryIteration(system: system)
    let matrix = try iteration.matrix(for: name)
    let diagonal = try DiagonalInverse(matrix, purpose: name, pool: system.pool)
    var omega = relaxation ?? 1
    if relaxation == nil {
      guard let spectrum = try SpectrumEstimate(system, inverse: diagonal.inverse.pointer, steps: 100) else {
        return .indefiniteMatrix
      }
      // A radius of 1 or more is no case of the theory; one step inside keeps ω below 2.
      omega = Self.optimalRelaxation(jacobiRadius: min(spectrum.iterationRadius, 1 - 1e-6))
    }
    switch ordering {
    case .natural:
      let sweeps = NaturalRelaxation(matrix, system, diagonal.inverse, omega)
      return try iteration.run { _ in
        sweeps.forward()
        if isSymmetric { sweeps.backward() }
      }
    case .multicolour:
      let sweeps = ColouredRelaxation(matrix, system, diagonal.inverse, omega)
      return try iteration.run { _ in
        sweeps.sweep(reversed: false)
        if isSymmetric { sweeps.sweep(reversed: true) }
      }
    }
  }
}

/// Relaxation in the order of the numbers, on one thread: every row reads what the row before wrote.
private final class NaturalRelaxation<Scalar: SparseScalar> {
  private let matrix: SparseMatrix<Scalar>
  private let context: Buffer<ck_relaxation>
  private let inverse: Buffer<Scalar>

  init(
    _ matrix: SparseMatrix<Scalar>, _ system: IterativeSystem<Scalar>, _ inverse: Buffer<Scalar>,
    _ omega: Double
  ) {
    (self.matrix, self.inverse) = (matrix, inverse)
    context = relaxationContext(matrix, system, inverse, omega, order: nil)
  }

  func forward() { Scalar.relax(context.pointer, reversed: false, rows: 0..<matrix.rows) }
  func backward() { Scalar.relax(context.pointer, reversed: true, rows: 0..<matrix.rows) }
}

/// Relaxation colour by colour: no row of a colour reads another of the same.
private final class ColouredRelaxation<Scalar: SparseScalar> {
  private let matrix: SparseMatrix<Scalar>
  private let inverse: Buffer<Scalar>
  private let order: Buffer<Int32>
  private let context: Buffer<ck_relaxation>
  private let regions: [ParallelRegion]
  private let pool: WorkerPool

  init(
    _ matrix: SparseMatrix<Scalar>, _ system: IterativeSystem<Scalar>, _ inverse: Buffer<Scalar>,
    _ omega: Double
  ) {
    (self.matrix, self.inverse, pool) = (matrix, inverse, system.pool)
    let colours = matrix.pattern.symmetrized(pool: system.pool).greedyColouring()
    var starts = [Int](repeating: 0, count: Int(colours.max() ?? -1) + 2)
    for colour in colours { starts[Int(colour) + 1] += 1 }
    for k in starts.indices.dropFirst() { starts[k] = starts[k] + starts[k - 1] }
    var next = starts
    order = Buffer(uninitialized: colours.count)
    for (row, colour) in colours.enumerated() {
      order.pointer[next[Int(colour)]] = Int32(row)
      next[Int(colour)] += 1
    }
    let context = relaxationContext(matrix, system, inverse, omega, order: order)
    self.context = context
    regions = (0..<starts.count - 1).map { (colour: Int) -> ParallelRegion in
      let (first, count) = (starts[colour], starts[colour + 1] - starts[colour])
      return ParallelRegion(tiles: RowTiles.count(count)) { tile, _ in
        let range = RowTiles.range(tile, of: count)
        let rows: Range<Int> = first + range.lowerBound..<first + range.upperBound
        Scalar.relax(context.pointer, reversed: false, rows: rows)
      }
    }
  }

  func sweep(reversed: Bool) {
    for k in regions.indices { pool.run(regions[reversed ? regions.count - 1 - k : k]) }
  }
}

private func relaxationContext<Scalar: SparseScalar>(
  _ matrix: SparseMatrix<Scalar>, _ system: IterativeSystem<Scalar>, _ inverse: Buffer<Scalar>,
  _ omega: Double,
  order: Buffer<Int32>?
) -> Buffer<ck_relaxation> {
  let context = Buffer<ck_relaxation>(uninitialized: 1)
  context.pointer.initialize(
    to: ck_relaxation(
      starts: matrix.pattern.rowStarts.pointer, columns: matrix.pattern.columnIndices.pointer,
      order: order.map { UnsafePointer($0.pointer) }, values: matrix.values.pointer,
      inverse_diagonal: inverse.pointer, b: system.b, x: system.x, relaxation: omega))
  return context
}
