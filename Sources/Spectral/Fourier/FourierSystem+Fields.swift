import Algebra
import Equations
import Foundation
import Geometry
import Tensors

extension FourierSystem: SpectralSystem {
  public var modeCount: Int { layout.modeCount }
  public var coefficientCount: Int { 2 * layout.modeCount }
  public var grid: RectilinearGrid { RectilinearGrid(coordinates: layout.coordinates) }
  public var methodName: String { "Fourier" }
  public var hiddenUnknowns: Set<Int> {
    // Multipliers follow from all terms of the equations; random sources are not kept in a form that could be repeated.
    let hasRandomSource = system.rows.contains { row in
      row.terms.contains { $0.product.contains { if case .random = $0 { true } else { false } } }
    }
    return hasRandomSource ? Set(structure.multipliers) : []
  }
  public var weights: [[Double]] {
    zip(layout.box.intervals, layout.points).map { Array(repeating: $0.length / Double($1), count: $1) }
  }

  public func state(of fields: [[Double]], time: Double) throws -> [[Double]] {
    precondition(fields.count == variables.count, "\(fields.count) fields for \(variables.count) variables")
    let transform = FourierTransform(layout)
    return structure.projected(fields.map { transform.spectrum(of: $0) }, layout)
  }

  public func values(of jets: [Jet], in state: [[Double]], time: Double) throws -> [[Double]] {
    let transform = FourierTransform(layout)
    return try modes(of: jets, in: state, time: time).map { transform.grid(of: $0) }
  }

  public func values(of jets: [Jet], in state: [[Double]], time: Double, at points: [[Double]]) throws
    -> [[Double]]
  {
    try modes(of: jets, in: state, time: time).map { modes in points.map { layout.value(of: modes, at: $0) } }
  }

  public func makeStepper(
    _ coefficients: StepCoefficients, state: [[Double]], time: Double, stepIndex: Int, pool: WorkerPool
  ) -> any SpectralStepper {
    FourierStepper(self, coefficients, state: state, time: time, stepIndex: stepIndex, pool: pool)
  }

  /// The modes of jets of the unknowns.
  ///
  /// Multipliers, such as the pressure, are found from all terms of the equations at this state and time.
  public func modes(of jets: [Jet], in state: [[Double]], time: Double) throws -> [[Double]] {
    let matrices = structure.determined.isEmpty ? [] : layout.matrices(of: structure)
    let needsMultipliers = jets.contains { structure.multipliers.contains($0.unknown) }
    let multipliers = needsMultipliers ? try multiplierModes(in: state, time: time) : []
    return jets.map { jet in
      var result = Array(repeating: 0.0, count: coefficientCount)
      let own = variables.firstIndex(of: jet.unknown)
      let multiplier = structure.multipliers.firstIndex(of: jet.unknown)
      for m in 0..<modeCount {
        let symbol = LinearStructure.symbol(jet.orders, layout.physicalWavenumbers(m))
        var value = Complex<Double>.zero
        if let multiplier {
          value = multipliers[multiplier][m]
        } else if let own {
          value = Complex(state[own][2 * m], state[own][2 * m + 1])
        } else if !matrices.isEmpty {
          for v in variables.indices {
            value +=
              structure.value(of: jet.unknown, variable: v, in: matrices[m])
              * Complex(state[v][2 * m], state[v][2 * m + 1])
          }
        }
        value *= symbol
        result[2 * m] = value.real
        result[2 * m + 1] = value.imaginary
      }
      return result
    }
  }

  private func multiplierModes(in state: [[Double]], time: Double) throws -> [[Complex<Double>]] {
    // The terms as the user wrote them: the stepper may have dropped gradients that a multiplier absorbs.
    let terms = structure.evolutionRows.enumerated().flatMap { i, row in
      system.rows[row].terms.map { (row: i, term: $0) }
    }
    let transform = FourierTransform(layout)
    let fields = try values(of: system.jets, in: state, time: time)
    let axes = Axis.allCases.prefix(layout.dimension)
    let program = try PointwiseProgram(
      terms.map { .constant($0.term.coefficient) * $0.term.product },
      inputs: system.jets.map { .jet($0) } + axes.map { .coordinate($0) })
    let products = program.values(fields + layout.coordinateValues, count: layout.pointCount, time: time)
      .map { transform.spectrum(of: $0) }
    var result = structure.multipliers.map { _ in Array(repeating: Complex<Double>.zero, count: modeCount) }
    for m in 0..<modeCount {
      let k = layout.physicalWavenumbers(m)
      let (P, K) = (structure.multiplierMatrix(k), structure.linearRows(k))
      var rows = structure.evolutionRows.indices.map { i in
        variables.indices.reduce(Complex<Double>.zero) { sum, v in
          sum + K[i, v] * Complex(state[v][2 * m], state[v][2 * m + 1])
        }
      }
      for ((row, term), product) in zip(terms, products) {
        rows[row] += LinearStructure.symbol(term.outer, k) * Complex(product[2 * m], product[2 * m + 1])
      }
      for a in result.indices { for (i, row) in rows.enumerated() { result[a][m] += P[a, i] * row } }
    }
    return result
  }
}

extension FourierLayout {
  /// Σ û_k exp(i k·(x − x₀)) at one point, axis by axis.
  public func value(of modes: [Double], at point: [Double]) -> Double {
    precondition(
      point.count == dimension, "a point with \(point.count) coordinates in \(dimension) dimensions")
    let phases = (0..<dimension).map { a in
      let angle = fundamentals[a] * (point[a] - box.intervals[a].lower)
      return (0...cutoff[a]).map { Complex<Double>.polar(1, Double($0) * angle) }
    }
    let phase = { (k: Int, a: Int) in k >= 0 ? phases[a][k] : phases[a][-k].conjugate }
    var total = 0.0
    for column in 0..<columnCount {
      let first = column * columnLength
      var sum = Complex<Double>.zero
      for i in 0..<columnLength {
        let k = dimension == 1 ? i : i <= cutoff[0] ? i : i - columnLength
        let weight = dimension == 1 && i > 0 ? 2.0 : 1.0
        sum += weight * phase(k, 0) * Complex(modes[2 * (first + i)], modes[2 * (first + i) + 1])
      }
      let k = wavenumbers(first)
      for a in k.indices.dropFirst() { sum *= phase(k[a], a) }
      total += (column > 0 && dimension > 1 ? weight(ofColumn: column, index: 0) : 1) * sum.real
    }
    return total
  }
}

extension LinearStructure {
  /// The state nearest to `state` that meets the constraints on the variables (such as a vanishing divergence).
  func projected(_ state: [[Double]], _ layout: FourierLayout) -> [[Double]] {
    guard !multipliers.isEmpty else { return state }
    var result = state
    for m in 0..<layout.modeCount {
      let projector = projector(layout.physicalWavenumbers(m))
      for i in variables.indices {
        var value = Complex<Double>.zero
        for j in variables.indices {
          value += projector[i, j] * Complex(state[j][2 * m], state[j][2 * m + 1])
        }
        result[i][2 * m] = value.real
        result[i][2 * m + 1] = value.imaginary
      }
    }
    return result
  }
}
