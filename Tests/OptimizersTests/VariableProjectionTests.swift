import Foundation
import Optimizers
import Tensors
import Testing

/// Sums of decaying exponentials Σ w_k c_k e^(−ν_k t), against values of such a sum.
private struct Exponentials: SeparableLeastSquaresObjective {
  let times, values: [Double]
  /// c, which only changes the units of w.
  let units: [Double]
  /// Whether residuals are a cubic function of the difference, which is not linear in w.
  var isCurved = false

  init(rates: [Double], amplitudes: [Double], samples: Int, units: [Double]? = nil, isCurved: Bool = false) {
    times = (0..<samples).map { 3 * Double($0) / Double(max(samples - 1, 1)) }
    values = times.map { t in zip(rates, amplitudes).reduce(0) { $0 + $1.1 * exp(-$1.0 * t) } }
    self.units = units ?? Array(repeating: 1, count: rates.count)
    self.isCurved = isCurved
  }

  var linearCount: Int { units.count }
  var residualCount: Int { times.count }
  var layout: ParameterLayout {
    ParameterLayout().appending("w", shape: [units.count]).appending("rates", shape: [units.count])
  }

  private func evaluate(
    _ x: Tensor<Double>, _ r: inout Tensor<Double>, _ j: UnsafeMutablePointer<Double>?, columns: Int
  ) {
    let (n, x) = (units.count, x.elements)
    r.withUnsafeMutableBufferPointer { r in
      for i in times.indices {
        let parts = (0..<n).map { units[$0] * exp(-x[n + $0] * times[i]) }
        let gap = (0..<n).reduce(-values[i]) { $0 + x[$1] * parts[$1] }
        r[i] = isCurved ? gap + 0.1 * gap * gap * gap : gap
        let slope = isCurved ? 1 + 0.3 * gap * gap : 1
        for k in 0..<n {
          j?[i * columns + k] = slope * parts[k]
          if columns > n { j?[i * columns + n + k] = -slope * x[k] * times[i] * parts[k] }
        }
      }
    }
  }

  func residuals(at x: Tensor<Double>, into residuals: inout Tensor<Double>) throws {
    evaluate(x, &residuals, nil, columns: 0)
  }
  func jacobian(at x: Tensor<Double>, residuals: inout Tensor<Double>, jacobian: inout Tensor<Double>) throws
  {
    jacobian.withUnsafeMutableBufferPointer {
      evaluate(x, &residuals, $0.baseAddress!, columns: 2 * units.count)
    }
  }
  func linearJacobian(at x: Tensor<Double>, residuals: inout Tensor<Double>, jacobian: inout Tensor<Double>)
    throws
  {
    jacobian.withUnsafeMutableBufferPointer { evaluate(x, &residuals, $0.baseAddress!, columns: units.count) }
  }
  func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
    var (r, j) = (Tensor<Double>.zeros([times.count]), Tensor<Double>.zeros([times.count, 2 * units.count]))
    try jacobian(at: x, residuals: &r, jacobian: &j)
    let g = matmul(r.reshaped([1, times.count]), j).reshaped([2 * units.count])
    gradient = g
    return 0.5 * r.squared.sum()
  }
}

@Suite("Variable projection")
struct VariableProjectionTests {
  @Test(
    "sums of exponentials are found to rounding, whatever the weights begin with", arguments: [false, true])
  func exponentials(isCurved: Bool) throws {
    let loss = Exponentials(rates: [0.5, 2, 5], amplitudes: [1, -2, 3], samples: 40, isCurved: isCurved)
    for weights in [[0.0, 0, 0], [9, -7, 1e3]] where !isCurved || weights[0] == 0 {
      var (method, x) = (VariableProjection(), Tensor(weights + [0.3, 1.4, 6]))
      for _ in 0..<60 where try loss.value(at: x) > 1e-28 { _ = try method.leastSquaresStep(loss, at: &x) }
      for (found, exact) in zip(x.elements, [1, -2, 3, 0.5, 2, 5]) { #expect(abs(found - exact) < 1e-9) }
    }
  }

  @Test("the path of the nonlinear parameters does not depend on the units of the linear ones")
  func units() throws {
    func path(_ units: [Double]) throws -> [Double] {
      let loss = Exponentials(rates: [0.5, 2, 5], amplitudes: [1, -2, 3], samples: 40, units: units)
      var (method, x) = (VariableProjection(), Tensor([0, 0, 0, 0.3, 1.4, 6.0]))
      for _ in 0..<4 { _ = try method.leastSquaresStep(loss, at: &x) }
      return Array(x.elements[3...])
    }
    for (a, b) in zip(try path([1, 1, 1]), try path([1e-7, 1, 1e6])) { #expect(abs(a - b) < 1e-7) }
  }

  @Test("columns that depend on one another, and fewer residuals than parameters, are no obstacle")
  func rank() throws {
    let loss = Exponentials(rates: [0.5, 2, 5], amplitudes: [1, -2, 3], samples: 40)
    var (method, x) = (VariableProjection(), Tensor([0, 0, 0, 1.0, 1, 6]))
    let first = try method.leastSquaresStep(loss, at: &x)
    #expect(first.diagnostics["rank"] == 2)
    var last = first.loss
    for _ in 0..<20 {
      let report = try method.leastSquaresStep(loss, at: &x)
      #expect(report.loss <= last)
      last = report.loss
    }
    #expect(x.elements.allSatisfy { $0.isFinite })

    let few = Exponentials(rates: [0.5, 2, 5], amplitudes: [1, -2, 3], samples: 4)
    var (other, y) = (VariableProjection(), Tensor([0, 0, 0, 0.3, 1.4, 6.0]))
    for _ in 0..<20 where try few.value(at: y) > 1e-26 { _ = try other.leastSquaresStep(few, at: &y) }
    #expect(try few.value(at: y) < 1e-20)
  }

  @Test("a loss that is not separable gets Levenberg-Marquardt steps")
  func plain() throws {
    let loss = PoissonNetwork(cells: 6, width: 4)
    var (a, b) = (Tensor(loss.initial()), Tensor(loss.initial()))
    var (method, other) = (VariableProjection(trialLimit: 40), LevenbergMarquardt<Double>())
    for _ in 0..<5 {
      _ = try method.leastSquaresStep(loss, at: &a)
      _ = try other.leastSquaresStep(loss, at: &b)
    }
    #expect(a == b)
  }

  @Test("a loss that is not finite ends the step with the parameters as they were")
  func notFinite() throws {
    let loss = Exponentials(rates: [0.5, 2, 5], amplitudes: [1, -2, 3], samples: 40)
    let start = Tensor([0, 0, 0, 0.3, -1e9, 6.0])
    var (method, x) = (VariableProjection(), start)
    #expect(throws: OptimizerError.self) { try method.leastSquaresStep(loss, at: &x) }
    #expect(x == start)
  }
}
