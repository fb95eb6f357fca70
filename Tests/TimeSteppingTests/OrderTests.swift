import Algebra
import Foundation
import Tensors
import Testing
import TimeStepping

/// Every method on problems u′ = L u + N(u, t) with a known solution: the slope of the error over h is the order.
@Suite struct OrderTests {
  typealias Vector = [Complex<Double>]

  /// A problem with a prescribed solution u: N(v, t) = F(v) + [u′ − L u − F(u)](t).
  struct Manufactured<Z: ActingSymbol> {
    let linear: Z
    let interaction: (Vector) -> Vector
    let exact: (Double) -> Vector
    let derivative: (Double) -> Vector

    func nonlinear(_ v: Vector, _ t: Double) -> Vector {
      let u = exact(t)
      let (slope, stiff, here, there) = (derivative(t), linear.applied(to: u), interaction(v), interaction(u))
      return v.indices.map { here[$0] + (slope[$0] - stiff[$0] - there[$0]) }
    }

    /// The root of the summed squares of the errors at three times, since at one time the leading error may vanish.
    func error(_ method: any SemilinearMethod, stepsPerThird steps: Int) -> Double {
      let stepper = ReferenceStepper(method: method, linear: linear, nonlinear: nonlinear)
      let sum = (1...3).reduce(0.0) { sum, third in
        let end = 0.5 * Double(third)
        let value = stepper.solve(from: 0, to: end, steps: third * steps, initial: exact(0))
        return zip(value, exact(end)).reduce(sum) { $0 + ($1.0 - $1.1).squaredMagnitude }
      }
      return sum.squareRoot()
    }

    /// The steps are halved; those of methods of order 5, whose errors meet rounding soon after they have begun to
    /// follow the power law, shrink by √2.
    func check(_ name: String) throws {
      let method = try Steppers.named(name)
      let coarsest = [100, 20, 16, 12, 20][method.order - 1] * (method.history > 0 ? 3 : 1)
      let refinement = method.order == 5 ? 2.0.squareRoot() : 2
      let steps = (0...4).map { Int(Double(coarsest) * pow(refinement, Double($0))) }
      let errors = steps.map { error(method, stepsPerThird: $0) }
      let order = slope(steps: steps, errors: errors)
      #expect(abs(order - Double(method.order)) < 0.1, "\(name): order \(order), errors \(errors)")
      let bound = [1e-2, 3e-5, 1e-7, 1e-9, 1e-11][method.order - 1]
      #expect(errors.last! < bound, "\(name): final error \(errors.last!)")
    }
  }

  static let names = Steppers.all.map(\.name)

  static func scalar(_ eigenvalue: Complex<Double>) -> Manufactured<Complex<Double>> {
    Manufactured(
      linear: eigenvalue,
      interaction: { [$0[0] * $0[0]] },
      exact: { [Complex(cos($0), 0.5 * sin(2 * $0))] },
      derivative: { [Complex(-sin($0), cos(2 * $0))] })
  }

  static func coupled(_ block: [Complex<Double>]) -> Manufactured<SmallComplexMatrix> {
    Manufactured(
      linear: SmallComplexMatrix(size: 2, elements: block),
      interaction: { [$0[0] * $0[0], $0[0] * $0[1]] },
      exact: { [Complex.polar(1, $0), Complex(1 / (1 + $0))] },
      derivative: { [Complex.polar(1, $0 + .pi / 2), Complex(-1 / ((1 + $0) * (1 + $0)))] })
  }

  /// Damped and oscillating at once.
  @Test(arguments: names) func dissipative(name: String) throws {
    try Self.scalar(Complex(-3, 3)).check(name)
  }

  /// A purely imaginary L: coefficients reduced to their real part would give order 1.
  @Test(arguments: names) func dispersive(name: String) throws {
    try Self.scalar(Complex(0, 4)).check(name)
  }

  /// The mean mode of the wave equation: a Jordan block at zero.
  @Test(arguments: names) func jordanBlock(name: String) throws {
    try Self.coupled([.zero, .one, .zero, .zero]).check(name)
  }

  /// A damped wave mode.
  @Test(arguments: names) func dampedWave(name: String) throws {
    try Self.coupled([.zero, .one, Complex(-9), Complex(-1)]).check(name)
  }
}
