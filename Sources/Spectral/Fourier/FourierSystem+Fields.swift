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
  public var hiddenUnknowns: Set<Int> { Set(structure.multipliers) }
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
    return modes(of: jets, in: state).map { transform.grid(of: $0) }
  }

  public func values(of jets: [Jet], in state: [[Double]], time: Double, at points: [[Double]]) throws
    -> [[Double]]
  {
    modes(of: jets, in: state).map { modes in points.map { layout.value(of: modes, at: $0) } }
  }

  public func makeStepper(
    _ coefficients: StepCoefficients, state: [[Double]], time: Double, stepIndex: Int, pool: WorkerPool
  ) -> any SpectralStepper {
    FourierStepper(self, coefficients, state: state, time: time, stepIndex: stepIndex, pool: pool)
  }

  /// The modes of jets of the unknowns. Multipliers, which the state does not determine, are zero.
  public func modes(of jets: [Jet], in state: [[Double]]) -> [[Double]] {
    let wavenumbers = (0..<modeCount).map { layout.physicalWavenumbers($0) }
    return jets.map { jet in
      var result = Array(repeating: 0.0, count: coefficientCount)
      let own = variables.firstIndex(of: jet.unknown)
      let row = structure.determined.firstIndex(of: jet.unknown)
      for m in 0..<modeCount {
        var value = Complex<Double>.zero
        if let own {
          value = Complex(state[own][2 * m], state[own][2 * m + 1])
        } else if let row {
          for v in variables.indices {
            guard let factor = determinedSymbols[row][v] else { continue }
            value += factor.value(m) * Complex(state[v][2 * m], state[v][2 * m + 1])
          }
        }
        if jet.orders != .zero { value *= LinearStructure.symbol(jet.orders, wavenumbers[m]) }
        result[2 * m] = value.real
        result[2 * m + 1] = value.imaginary
      }
      return result
    }
  }
}

extension FourierLayout {
  /// Σ û_k exp(i k·(x − x₀)) at one point, axis by axis.
  func value(of modes: [Double], at point: [Double]) -> Double {
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
