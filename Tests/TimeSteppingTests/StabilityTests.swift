import Tensors
import Testing
import TimeStepping

/// What the methods do with modes that are stiff or oscillate fast.
@Suite struct StabilityTests {
  /// ETDRK4 far in the left half-plane: all coefficients are finite, the state is forgotten, and a constant N leads to
  /// the equilibrium u = −N/L in one step.
  @Test(arguments: [-1e3, -1e6, -1e9]) func stiffExponential(z: Double) throws {
    let table = ETDRK4(step: 1).table(Complex(z))
    for row in table.stages + [table.solution] {
      for factor in [row.state] + row.nonlinear { #expect(factor?.isFinite ?? true) }
    }
    #expect(table.solution.state == .zero)
    let sum = table.solution.nonlinear.reduce(Complex<Double>.zero) { $0 + ($1 ?? .zero) }
    #expect((z * sum + .one).magnitude < 1e-12)

    let stepper = ReferenceStepper(method: ETDRK4(step: 1), linear: Complex(z)) { u, t in [Complex(2.0)] }
    let value = stepper.solve(from: 0, to: 1, steps: 1, initial: [Complex(5.0)])
    #expect((value[0] - Complex(-2 / z)).magnitude < 1e-14 * 2 / abs(z) * 100)
  }

  /// A mode that only turns keeps its size over many steps.
  @Test(arguments: ["ETDRK1", "ETDRK2", "ETDRK3", "ETDRK4", "IFRK4"]) func turningModes(name: String) throws {
    let stepper = ReferenceStepper(method: try Steppers.named(name), linear: Complex(0, 1e4)) { u, _ in
      [.zero]
    }
    let value = stepper.solve(from: 0, to: 100, steps: 1000, initial: [Complex(1)])
    #expect(abs(value[0].magnitude - 1) < 1e-12)
  }

  /// Which methods forget a mode with z → −∞, and which only carry it along.
  @Test func stiffImplicit() throws {
    for name in ["SBDF1", "RK222", "RK443"] {
      let state = try #require(try Steppers.named(name).table(Complex(-1e8)).solution.state)
      #expect(state.magnitude < 1e-7, "\(name) is L-stable")
    }
    for name in ["SBDF2", "SBDF3", "SBDF4"] {
      let row = try Steppers.named(name).table(Complex(-1e8)).solution
      for factor in [row.state] + row.previousStates { #expect((factor?.magnitude ?? 0) < 1e-6) }
    }
    let row = CNAB2(step: 1).table(Complex(-1e8)).solution
    #expect(abs(try #require(row.state).real + 1) < 1e-7 && row.previousStates[0] == nil)
  }

  /// The ends of the stability regions of the explicit methods on the negative real axis: 2.785 for RK4 and 3.3066 for
  /// Dormand-Prince (Hairer & Wanner 1996), 3.5068 for Tsitouras.
  @Test func explicitLimits() throws {
    for (name, limit) in [("RK4", 2.7853), ("DormandPrince54", 3.3066), ("Tsitouras54", 3.5068)] {
      let method = try Steppers.named(name)
      #expect(method.treatsLinearPartExplicitly)
      #expect(try #require(method.table(Complex(-limit + 2e-3)).solution.state).magnitude < 1)
      #expect(try #require(method.table(Complex(-limit - 2e-3)).solution.state).magnitude > 1)
    }
  }

  /// The heat equation with walls on a Chebyshev grid, a dense stiff L, with ten steps: u_t = u_xx + (π² − 1) u.
  @Test func denseOperator() {
    let (d2, x) = chebyshevSecondDerivative(24)
    let factor = Double.pi * .pi - 1
    let stepper = ReferenceStepper(method: ETDRK4(step: 1), linear: d2) { u, _ in u.map { factor * $0 } }
    let value = stepper.solve(from: 0, to: 0.2, steps: 10, initial: x.map { Complex(sinPi($0)) })
    for i in x.indices {
      #expect((value[i] - Complex(sinPi(x[i]) * Complex(-0.2).phi(0).real)).magnitude < 1e-5)
    }
  }
}
