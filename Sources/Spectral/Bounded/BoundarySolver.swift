import Algebra
import Equations
import Tensors

/// P = L⁻¹, R = 1 − L P and their products for the modes of a system whose conditions have data; see
/// ``BoundaryForcing``.
struct BoundarySolver: Sendable {
  /// One number per mode, real or interleaved complex as the modes are; nil where all vanish.
  typealias Factors = Buffer<Double>

  /// P: `inverse[v][w]`.
  let inverse: [[Factors?]]
  /// P².
  let square: [[Factors?]]
  /// R.
  let rest: [[Factors?]]
  /// R P.
  let restOfInverse: [[Factors?]]

  init(_ structure: BoundedStructure) {
    let (n, modes) = (structure.variables.count, structure.modeCount)
    var inverse = Table(n, modes, isComplex: structure.isComplex)
    var (square, rest, restOfInverse) = (inverse, inverse, inverse)
    for m in 0..<modes {
      // Where the terms of L nearly cancel, L⁻¹ would magnify rounding errors of s.
      let L = structure.linearPart(m, tolerance: 1e-8)
      let P = L.pseudoInverse
      let R = SmallComplexMatrix.identity(n) - structure.linearPart(m) * P
      inverse.set(m, P)
      square.set(m, P * P)
      rest.set(m, R)
      restOfInverse.set(m, R * P)
    }
    (self.inverse, self.square) = (inverse.factors(threshold: 0), square.factors(threshold: 0))
    // What is left of R where L has an inverse are rounding errors.
    self.rest = rest.factors(threshold: 1e-10)
    self.restOfInverse = restOfInverse.factors(threshold: 1e-10)
  }

  /// Matrices of all modes, element by element.
  private struct Table {
    let n: Int
    let modes: Int
    let isComplex: Bool
    var elements: [[Complex<Double>]]

    init(_ n: Int, _ modes: Int, isComplex: Bool) {
      (self.n, self.modes, self.isComplex) = (n, modes, isComplex)
      elements = Array(repeating: Array(repeating: .zero, count: modes), count: n * n)
    }

    mutating func set(_ mode: Int, _ matrix: SmallComplexMatrix) {
      for i in 0..<n * n { elements[i][mode] = matrix.elements[i] }
    }

    func factors(threshold: Double) -> [[Factors?]] {
      (0..<n).map { v in
        (0..<n).map { w in
          let values = elements[v * n + w].map { $0.magnitude > threshold ? $0 : .zero }
          if values.allSatisfy({ $0 == .zero }) { return nil }
          return Buffer(copying: isComplex ? values.flatMap { [$0.real, $0.imaginary] } : values.map(\.real))
        }
      }
    }
  }
}

/// Forms s, s' and s'' from the transformed data, and the lift and the source of ``BoundaryForcing`` from those.
final class ForcingTask: GridTask, @unchecked Sendable {
  // Unchecked: tiles write disjoint modes.

  /// What unit data of one condition give s of a variable through one term of L.
  private struct Item {
    var row: Int
    /// Per mode, real or interleaved complex.
    var factors: Buffer<Double>
    /// Where the mode's datum stands.
    var index: Buffer<Int32>
    /// The data and their time derivatives.
    var modes: [UnsafeMutablePointer<Double>]
  }

  private let items: [Item]
  private let solver: BoundarySolver
  private let count: Int
  private let isComplex: Bool
  /// s, s' and s'' of each variable.
  private let forcing: [[UnsafeMutablePointer<Double>]]
  private let lift: [UnsafeMutablePointer<Double>]
  private let source: [UnsafeMutablePointer<Double>]
  /// All arrays that are written.
  private let cleared: [UnsafeMutablePointer<Double>]
  private static let size = 4096
  let tiles: Int
  var cost: Int { 3 * (items.count + 2 * lift.count) * count }

  init(
    _ structure: BoundedStructure, _ solver: BoundarySolver, _ data: [DataLine],
    forcing: [[UnsafeMutablePointer<Double>]], lift: [UnsafeMutablePointer<Double>],
    source: [UnsafeMutablePointer<Double>]
  ) {
    (self.solver, self.forcing, self.lift, self.source) = (solver, forcing, lift, source)
    cleared = lift + source + forcing.flatMap { $0 }
    count = structure.modeCount
    isComplex = structure.isComplex
    tiles = (count + Self.size - 1) / Self.size
    var items: [Item] = []
    for line in data {
      let a = line.side.axis.rawValue
      for entry in structure.entries where entry.chebyshevAxis == a && entry.column == line.variable {
        let shape = structure.modeShape
        let inner = shape[(a + 1)...].reduce(1, *)
        let own = structure.lines[a][line.variable].forcing[line.side.isUpper ? 1 : 0]
        let factors = Buffer<Double>(count: structure.isComplex ? 2 * count : count)
        let index = Buffer<Int32>(count: count)
        for m in 0..<count {
          let indices = structure.indices(m)
          index.pointer[m] = Int32(m / (inner * shape[a]) * inner + m % inner)
          guard structure.exists(entry.row, indices) else { continue }
          let value =
            entry.coefficient * own[indices[a]] * structure.waveSymbol(entry.orders, indices)
            * structure.inverseMass(entry.row, indices)
          if structure.isComplex {
            factors.pointer[2 * m] = value.real
            factors.pointer[2 * m + 1] = value.imaginary
          } else {
            factors.pointer[m] = value.real
          }
        }
        items.append(Item(row: entry.row, factors: factors, index: index, modes: line.modes))
      }
    }
    self.items = items
  }

  func run(_ tile: Int, _ worker: Int) {
    let (first, end) = (tile * Self.size, min((tile + 1) * Self.size, count))
    let scale = isComplex ? 2 : 1
    for pointer in cleared { (pointer + scale * first).update(repeating: 0, count: scale * (end - first)) }
    for item in items {
      for (order, modes) in item.modes.enumerated() {
        gather(modes, item, to: forcing[order][item.row], first, end)
      }
    }
    multiplyAdd(solver.inverse, forcing[0], to: lift, first, end)
    multiplyAdd(solver.square, forcing[1], to: lift, first, end)
    multiplyAdd(solver.rest, forcing[0], to: source, first, end)
    multiplyAdd(solver.restOfInverse, forcing[1], to: source, first, end)
    multiplyAdd(solver.square, forcing[2], to: source, first, end)
  }

  private func gather(
    _ data: UnsafePointer<Double>, _ item: Item, to out: UnsafeMutablePointer<Double>, _ first: Int,
    _ end: Int
  ) {
    let (f, index) = (item.factors.pointer, item.index.pointer)
    if isComplex {
      for m in first..<end {
        let j = 2 * Int(index[m])
        out[2 * m] += f[2 * m] * data[j] - f[2 * m + 1] * data[j + 1]
        out[2 * m + 1] += f[2 * m] * data[j + 1] + f[2 * m + 1] * data[j]
      }
    } else {
      for m in first..<end { out[m] += f[m] * data[Int(index[m])] }
    }
  }

  private func multiplyAdd(
    _ matrix: [[BoundarySolver.Factors?]], _ input: [UnsafeMutablePointer<Double>],
    to output: [UnsafeMutablePointer<Double>], _ first: Int, _ end: Int
  ) {
    for v in output.indices {
      for w in input.indices {
        guard let factors = matrix[v][w]?.pointer else { continue }
        let (x, out) = (input[w], output[v])
        if isComplex {
          Double.multiplyComplex(
            out + 2 * first, symbol: factors + 2 * first, x + 2 * first, count: end - first,
            accumulating: true)
        } else {
          for m in first..<end { out[m] += factors[m] * x[m] }
        }
      }
    }
  }
}
