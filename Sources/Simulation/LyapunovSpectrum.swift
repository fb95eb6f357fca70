import Equations
import Foundation
import Spectral
import Tensors
import TimeStepping

/// The Lyapunov exponents of an evolution equation: the mean rates at which small perturbations of a solution grow.
///
/// Perturbations are stepped by the linearised equation beside the solution and made orthonormal in L² every so often;
/// the exponents are the means of the logarithms of the lengths they had grown to (Benettin, Galgani, Giorgilli &
/// Strelcyn, Meccanica 15, 1980).
public struct LyapunovSpectrum: Sendable, Codable {
  /// The exponents, largest first, per unit of time.
  public var exponents: [Double]
  /// The standard errors of the exponents, from the scatter of twenty blocks of the run.
  public var standardErrors: [Double]
  /// The time over which they were averaged.
  public var time: Double

  /// The Kaplan–Yorke dimension (1979): where the sum of the exponents becomes negative, interpolated.
  public var kaplanYorkeDimension: Double {
    var sum = 0.0
    for (i, exponent) in exponents.enumerated() {
      if sum + exponent < 0 { return Double(i) + sum / abs(exponent) }
      sum += exponent
    }
    return Double(exponents.count)
  }
}

/// Computes the largest Lyapunov exponents of a problem on a periodic box.
///
/// - Parameters:
///   - problem: An evolution equation without random sources.
///   - method: The discretisation.
///   - stepper: A one-step method with a fixed step.
///   - count: How many exponents.
///   - time: The time to average over.
///   - transient: The time to wait before, in which the solution reaches its attractor and the perturbations turn.
///   - interval: The time between two orthonormalisations, a few steps.
///   - seed: What random initial values and the perturbations are drawn from.
/// - Throws: ``EquationError`` and ``SolveError``.
public func lyapunovSpectrum(
  of problem: some Problem, with method: Fourier, stepping stepper: any SemilinearMethod, count: Int,
  time: Double,
  transient: Double = 100, interval: Double = 1, parameters: ParameterValues = [:], seed: UInt64 = 0
) throws -> LyapunovSpectrum {
  guard case .fixed(let step) = stepper.stepSize, stepper.history == 0 else {
    throw EquationError("Lyapunov exponents need a one-step method with a fixed step: use ETDRK4(step: …)")
  }
  let evolution = try Evolution(problem, with: method, parameters: parameters, seed: seed)
  let base = try PDESystem(problem, parameters: parameters)
  let extended = try method.discretize(try base.withTangents(count), seed: seed)
  let variables = evolution.system.variables.count
  guard let fourier = extended as? FourierSystem, extended.variables.count == variables * (count + 1) else {
    throw EquationError("the perturbations of \(problem.name) do not have the unknowns of its solution")
  }

  var tangents = TangentFrame(layout: fourier.layout, variables: variables, count: count, seed: seed)
  let stepsBetween = max(1, Int((interval / step).rounded()))
  let run = extended.makeStepper(
    StepCoefficients(stepper, step: step, system: extended), state: evolution.initialState + tangents.states,
    time: 0,
    stepIndex: 0, pool: .shared)
  var sums = Array(repeating: 0.0, count: count)
  var blocks: [[Double]] = []
  let elapsed = Double(stepsBetween) * step
  let (waiting, rounds) = (Int(transient / elapsed), max(20, Int(time / elapsed)))
  for round in 0..<waiting + rounds {
    for _ in 0..<stepsBetween { run.advance() }
    let state = run.state
    guard state[0].allSatisfy(\.isFinite) else {
      throw SolveError.diverged(time: run.time, norm: .nan, step: step, advice: "use a smaller step")
    }
    tangents.states = Array(state[variables...])
    let growth = tangents.orthonormalize()
    run.setState(Array(state[..<variables]) + tangents.states)
    if round < waiting { continue }
    for i in 0..<count { sums[i] += growth[i] }
    let block = (round - waiting) * 20 / rounds
    while blocks.count <= block { blocks.append(Array(repeating: 0, count: count + 1)) }
    for i in 0..<count { blocks[block][i] += growth[i] }
    blocks[block][count] += elapsed
  }
  let total = Double(rounds) * elapsed
  let exponents = sums.map { $0 / total }
  let errors = (0..<count).map { i in
    let variance = blocks.reduce(0.0) { sum, block in
      let deviation = block[i] / block[count] - exponents[i]
      return sum + deviation * deviation
    }
    return (variance / Double(blocks.count * (blocks.count - 1))).squareRoot()
  }
  return LyapunovSpectrum(exponents: exponents, standardErrors: errors, time: total)
}

/// Perturbations of a solution as modes: `count` of them, each with all variables.
private struct TangentFrame {
  let layout: FourierLayout
  let variables: Int
  let count: Int
  /// Variable by variable, perturbation after perturbation.
  var states: [[Double]]

  init(layout: FourierLayout, variables: Int, count: Int, seed: UInt64) {
    (self.layout, self.variables, self.count) = (layout, variables, count)
    let points = layout.points
    states = (0..<count * variables).map { i in
      let noise = RandomFields(seed: seed, stream: 1 << 40 + UInt64(i)).values(
        of: .noise(standardDeviation: 1), box: layout.box, points: points)
      return FourierTransform(layout).spectrum(of: noise)
    }
    _ = orthonormalize()
  }

  /// Gram–Schmidt, twice, in L²; returns the logarithms of the lengths.
  mutating func orthonormalize() -> [Double] {
    var growth = Array(repeating: 0.0, count: count)
    for i in 0..<count {
      for _ in 0..<2 {
        for j in 0..<i { add(-product(i, j), j, to: i) }
        let length = product(i, i).squareRoot()
        growth[i] += log(length)
        scale(i, by: 1 / length)
      }
    }
    return growth
  }

  private func product(_ i: Int, _ j: Int) -> Double {
    var sum = 0.0
    for v in 0..<variables {
      let (a, b) = (states[i * variables + v], states[j * variables + v])
      for m in 0..<layout.modeCount {
        let weight = layout.weight(ofColumn: m / layout.columnLength, index: m % layout.columnLength)
        sum += weight * (a[2 * m] * b[2 * m] + a[2 * m + 1] * b[2 * m + 1])
      }
    }
    return sum
  }

  private mutating func add(_ factor: Double, _ j: Int, to i: Int) {
    for v in 0..<variables {
      let source = states[j * variables + v]
      for k in source.indices { states[i * variables + v][k] += factor * source[k] }
    }
  }

  private mutating func scale(_ i: Int, by factor: Double) {
    for v in 0..<variables {
      for k in states[i * variables + v].indices { states[i * variables + v][k] *= factor }
    }
  }
}
