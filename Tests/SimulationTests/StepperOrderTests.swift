import Ansatz
import Foundation
import TestSupport
import Testing

/// A forced, damped, dispersive equation with a known solution: u = 3 sin(x − t) e^{−t/2}.
private struct Forced: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 2 * .pi, periodic: true) }
  var equations: [Equation] {
    let (s, c) = (3 * sin(x - t) * exp(-t / 2), 3 * cos(x - t) * exp(-t / 2))
    // Residual of the exact solution in u_t + u u_x − ν u_xx + γ u_xxx.
    let source = -c - s / 2 + s * c + 0.1 * s - 0.05 * c
    return [dt(u) + u * dx(u) == 0.1 * dx(dx(u)) - 0.05 * dx(dx(dx(u))) + source]
  }
  var conditions: [Condition] { [.initial(u == 3 * sin(x))] }
  var exact: [Equation] { [u == 3 * sin(x - t) * exp(-t / 2)] }
}

/// Reaction and diffusion coupled through the linear part, with a cubic term and a known solution.
private struct Coupled: Problem {
  let u = ScalarField.unknown("u")
  let v = ScalarField.unknown("v")
  var domain: Domain { .interval(0, 2 * .pi, periodic: true) }
  var equations: [Equation] {
    let (a, b) = (cos(x) * cos(t), sin(x) * sin(2 * t))
    let f = -cos(x) * sin(t) + 0.2 * a - 2 * b + a * b * b
    let g = 2 * sin(x) * cos(2 * t) + 0.3 * b + 3 * a - a * a * b
    return [
      dt(u) == 0.2 * laplacian(u) + 2 * v - u * v * v + f,
      dt(v) == 0.3 * laplacian(v) - 3 * u + u * u * v + g,
    ]
  }
  var conditions: [Condition] { [.initial(u == cos(x)), .initial(v == 0)] }
  var exact: [Equation] { [u == cos(x) * cos(t), v == sin(x) * sin(2 * t)] }
}

@Suite("Time steppers on partial differential equations")
struct StepperOrderTests {
  private func check(_ problem: some Problem, _ name: String, coarsest: Int) throws {
    let method = try Steppers.named(name)
    // Pairs of order 5 reach rounding soon after they become asymptotic: they are refined by √2.
    let ratio = method.order >= 5 ? 2.0.squareRoot() : 2
    let steps = (0..<4).map { 1 / (Double(coarsest) * pow(ratio, Double($0))).rounded() }
    let errors = try steps.map { step in
      let solution = try solve(
        problem, with: Fourier(points: [16]), stepping: method.with(.fixed(step)), until: 1)
      return try solution.last.exactErrors.map(\.value).max() ?? .nan
    }
    #expect(abs(observedOrder(steps, errors) - Double(method.order)) < 0.2, "\(name): \(errors)")
    #expect(errors[3] < (method.order == 1 ? 1e-1 : 1e-3), "\(name): \(errors)")
  }

  @Test("every stepper has its order on a dispersive equation", arguments: Steppers.all.map(\.name))
  func dispersive(name: String) throws {
    let order = try Steppers.named(name).order
    try check(Forced(), name, coarsest: order >= 5 ? 32 : order == 4 ? 10 : 20)
  }

  @Test("every stepper has its order on a coupled system", arguments: Steppers.all.map(\.name))
  func coupled(name: String) throws {
    let order = try Steppers.named(name).order
    try check(Coupled(), name, coarsest: order >= 5 ? 20 : order == 4 ? 10 : 40)
  }

  @Test("step control meets its tolerance", arguments: [1e-5, 1e-7, 1e-9])
  func control(tolerance: Double) throws {
    let solution = try solve(
      Forced(), with: Fourier(points: [32]), stepping: DormandPrince54(relativeTolerance: tolerance), until: 1
    )
    #expect(try solution.last.exactErrors[0].value < 20 * tolerance)
    #expect(solution.last.time == 1)
  }
}
