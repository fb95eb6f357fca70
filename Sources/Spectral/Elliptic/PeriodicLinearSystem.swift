import Algebra
import Equations
import Geometry
import Tensors

/// Any steady linear system with constant coefficients on a periodic box, solved mode by mode.
///
/// A mode's matrix holds the symbols of all terms. Where it is singular (means that nothing determines, the pressure's
/// constant, resonances) the amplitudes that it leaves free are set to zero, provided that the sources lie in its range.
struct PeriodicLinearSystem: Sendable {
  let layout: FourierLayout
  /// The source of each row.
  let sources: [Node]
  private let rows: [[PDESystem.LinearTerm]]
  private let unknowns: Int

  init(_ system: PDESystem, points: [Int]) throws {
    layout = FourierLayout(box: system.box, points: points, cutoff: points.map { ($0 - 1) / 2 })
    sources = try system.rows.map { try $0.source(system) }
    rows = system.rows.map(\.linear)
    unknowns = system.unknowns.count
    if let row = system.rows.first(where: { $0.linear.isEmpty }) {
      throw EquationError(
        "'\(row.text)' has no unknown with a constant coefficient: a direct solver needs one to solve for")
    }
    for u in system.unknowns.indices where !rows.joined().contains(where: { $0.unknown == u }) {
      throw EquationError("no equation determines \(system.unknowns[u].name): add one that contains it")
    }
  }

  /// The modes of all unknowns for the rows' sources on the grid.
  func solve(_ sources: [[Double]], means: [Double]?, pool: WorkerPool) throws(EllipticError) -> [[Double]] {
    if let row = sources.firstIndex(where: { $0.contains { !$0.isFinite } }) {
      throw .notFinite(what: "the source of equation \(row + 1)")
    }
    let transform = FourierTransform(layout)
    let spectra = sources.map { transform.spectrum(of: $0) }
    let scales = spectra.map { $0.reduce(0) { Swift.max($0, abs($1)) } }
    let (layout, n) = (layout, unknowns)
    let modeCount = layout.modeCount
    let solution = Buffer<Double>(count: 2 * modeCount * n)
    let defects = Buffer<Double>(count: modeCount)
    pool.forEach(tiles: layout.columnCount) { column, _ in
      for m in column * layout.columnLength..<(column + 1) * layout.columnLength {
        let f = spectra.map { Complex($0[2 * m], $0[2 * m + 1]) }
        let (x, defect) = solve(layout.physicalWavenumbers(m), f, scales)
        defects.pointer[m] = defect
        for u in 0..<n {
          solution.pointer[2 * (u * modeCount + m)] = x[u].real
          solution.pointer[2 * (u * modeCount + m) + 1] = x[u].imaginary
        }
      }
    }
    if let m = (0..<modeCount).max(by: { defects.pointer[$0] < defects.pointer[$1] }),
      defects.pointer[m] > 1e-10
    {
      let scale = scales.max() ?? 0
      throw .incompatibleMode(
        mode: layout.wavenumbers(m), defect: defects.pointer[m] * scale, scale: scale)
    }
    var result = (0..<n).map { u in
      (0..<2 * modeCount).map { solution.pointer[2 * u * modeCount + $0] }
    }
    if let means {
      let zero = layout.index(of: layout.points.map { _ in 0 })
      let free = matrix(layout.points.map { _ in 0 })
      for u in 0..<n where rows.indices.allSatisfy({ free[$0, u] == .zero }) {
        result[u][2 * zero] = means[u]
      }
    }
    return result
  }

  /// The matrix of a mode. What cancels to rounding is zero.
  private func matrix(_ k: [Double]) -> SmallComplexMatrix {
    var result = SmallComplexMatrix(rows: rows.count, columns: unknowns)
    var size = Array(repeating: 0.0, count: rows.count * unknowns)
    for (i, terms) in rows.enumerated() {
      for term in terms {
        let value = term.coefficient * LinearStructure.symbol(term.orders, k)
        result[i, term.unknown] += value
        size[i * unknowns + term.unknown] += value.magnitude
      }
    }
    for i in result.elements.indices where result.elements[i].magnitude <= 1e-12 * size[i] {
      result.elements[i] = .zero
    }
    return result
  }

  /// One mode: a solution, and the part of the sources that it misses, relative to their sizes.
  private func solve(
    _ k: [Double], _ f: [Complex<Double>], _ scales: [Double]
  ) -> (x: [Complex<Double>], defect: Double) {
    let a = matrix(k)
    // Rows and columns of similar size, so that a pivot that vanishes to rounding is recognised as such.
    var scaled = a
    var (rowFactors, columnFactors) = (f.map { _ in 1.0 }, Array(repeating: 1.0, count: unknowns))
    for i in rows.indices {
      let largest = (0..<unknowns).map { scaled[i, $0].magnitude }.max() ?? 0
      if largest > 0 { rowFactors[i] = 1 / largest }
      for j in 0..<unknowns { scaled[i, j] = rowFactors[i] * scaled[i, j] }
    }
    for j in 0..<unknowns {
      let largest = rows.indices.map { scaled[$0, j].magnitude }.max() ?? 0
      if largest > 0 { columnFactors[j] = 1 / largest }
      for i in rows.indices { scaled[i, j] = columnFactors[j] * scaled[i, j] }
    }
    let inverse = scaled.pseudoInverse
    let scaledX = (0..<unknowns).map { j in
      rows.indices.reduce(Complex<Double>.zero) { $0 + inverse[j, $1] * (rowFactors[$1] * f[$1]) }
    }
    let x = zip(columnFactors, scaledX).map { $0 * $1 }
    let largest = scaledX.map(\.magnitude).max() ?? 0
    var defect = 0.0
    for i in rows.indices {
      let rest = (0..<unknowns).reduce(f[i]) { $0 - a[i, $1] * x[$1] }
      // Rounding in any amplitude shows in every row that is of its size.
      let size = Swift.max(scales[i], largest / rowFactors[i])
      if size > 0 { defect = Swift.max(defect, rest.magnitude / size) }
    }
    return (x, defect)
  }
}
