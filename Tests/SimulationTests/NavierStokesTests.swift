import Ansatz
import Foundation
import TestSupport
import Testing

/// ∂w/∂t + u·∇w = ν Δw on a 2π-periodic square with a chosen initial vorticity.
private struct Vorticity: Problem {
  var viscosity: ScalarField
  let w = ScalarField.unknown("w")
  let psi = ScalarField.unknown("psi")

  var domain: Domain { .torus(0, 2 * .pi, dimension: 2) }
  var equations: [Equation] {
    [dt(w) + convect(perp(psi), w) == viscosity * laplacian(w), laplacian(psi) == -w]
  }
  var conditions: [Condition] { [.initial(w == sin(x) * sin(y) + cos(2 * y) + sin(x + 2 * y))] }
  var derived: [Derived] {
    [.mean("energy", w * psi / 2), .mean("enstrophy", w * w / 2)]
  }
}

/// The same flow in velocity and pressure.
private struct VelocityPressure: Problem {
  var viscosity: ScalarField
  let u = VectorField.unknown("u")
  let p = ScalarField.unknown("p")

  var domain: Domain { .torus(0, 2 * .pi, dimension: 2) }
  var equations: [Equation] {
    [dt(u) + convect(u, u) == viscosity * laplacian(u) - grad(p), div(u) == 0]
  }
  // The velocity of w = sin x sin y + cos 2y + sin(x + 2y).
  var conditions: [Condition] {
    [
      .initial(
        u == [
          sin(x) * cos(y) / 2 - sin(2 * y) / 2 + 2 * cos(x + 2 * y) / 5,
          -cos(x) * sin(y) / 2 - cos(x + 2 * y) / 5,
        ])
    ]
  }
  var derived: [Derived] {
    [.mean("energy", dot(u, u) / 2), .mean("enstrophy", pow(rot(u), 2) / 2), .field("w", rot(u))]
  }
}

private func value(_ name: String, of solution: Solution) throws -> Double {
  try #require(try solution.last.numbers.first { $0.name == name }?.value)
}

@Suite("Incompressible Navier–Stokes")
struct NavierStokesTests {
  // Values of an independent pseudo-spectral program (integrating-factor RK4, 2/3 rule), equal at 128² and 256².
  private let energy = 0.124820956776
  private let enstrophy = 0.374072787070
  private let vorticityAtOrigin = -0.4737572208

  @Test("a nonlinear flow at t = 5 in vorticity form")
  func nonlinearReference() throws {
    let solution = try solve(
      Vorticity(viscosity: 0.01), with: Fourier(points: [128]), stepping: ETDRK4(step: 0.01), until: 5)
    #expect(abs(try value("energy", of: solution) - energy) < 1e-11)
    #expect(abs(try value("enstrophy", of: solution) - enstrophy) < 1e-11)
    #expect(abs(try solution.field("w")(0, 0)[0] - vorticityAtOrigin) < 1e-8)
    // Products in stress form: two transforms each way, instead of four and one.
    #expect(solution.statistics.transformsPerEvaluation == 4)
  }

  @Test("velocity and pressure give the same flow")
  func velocityPressure() throws {
    let solution = try solve(
      VelocityPressure(viscosity: 0.01), with: Fourier(points: [128]), stepping: ETDRK4(step: 0.01), until: 5)
    #expect(abs(try value("energy", of: solution) - energy) < 1e-11)
    #expect(abs(try value("enstrophy", of: solution) - enstrophy) < 1e-11)
    #expect(abs(try solution.field("w")(0, 0)[0] - vorticityAtOrigin) < 1e-8)
    // Rotational form, its gradient projected away: u, v, ω in and two products out.
    #expect(solution.statistics.transformsPerEvaluation == 5)
  }

  /// Taylor–Green vortices in velocity and pressure: p = (cos 2x + cos 2y)/4 at the initial time.
  private struct Vortices: Problem {
    let u = VectorField.unknown("u")
    let p = ScalarField.unknown("p")
    var domain: Domain { .torus(0, 2 * .pi, dimension: 2) }
    var equations: [Equation] {
      [dt(u) + convect(u, u) == 0.1 * laplacian(u) - grad(p), div(u) == 0]
    }
    var conditions: [Condition] { [.initial(u == [sin(x) * cos(y), -cos(x) * sin(y)])] }
  }

  @Test("the pressure is that of the closed form")
  func pressure() throws {
    let solution = try solve(
      Vortices(), with: Fourier(points: [24]), stepping: ETDRK4(step: 0.01), until: 0.5)
    let decay = exp(-4 * 0.1 * 0.5)
    for (x, y) in [(0.0, 0.0), (0.3, 1.1), (2.0, 5.0)] {
      let exact = decay * (cos(2 * x) + cos(2 * y)) / 4
      #expect(abs(try solution.field("p")(x, y)[0] - exact) < 1e-12)
    }
  }

  @Test("fourth order in time", arguments: ["ETDRK4", "IFRK4"])
  func order(stepper: String) throws {
    let method = try Steppers.named(stepper)
    let reference = try solve(
      Vorticity(viscosity: 0.01), with: Fourier(points: [48]), stepping: method.with(.fixed(1.0 / 1280)),
      until: 1)
    let steps = [20, 40, 80, 160].map { 1 / Double($0) }
    let errors = try steps.map { step in
      try solve(
        Vorticity(viscosity: 0.01), with: Fourier(points: [48]), stepping: method.with(.fixed(step)), until: 1
      ).field("w").relativeError(to: reference.field("w"))
    }
    #expect(abs(observedOrder(steps, errors) - 4) < 0.1)
    #expect(errors[3] < 1e-8)
  }

  @Test("without viscosity energy and enstrophy stay")
  func inviscid() throws {
    let solution = try solve(
      Vorticity(viscosity: 0), with: Fourier(points: [64]), stepping: ETDRK4(step: 1e-3), until: 1)
    #expect(abs(try value("energy", of: solution) - 0.175) < 1e-12)
    #expect(abs(try value("enstrophy", of: solution) - 0.625) < 1e-12)
  }

  @Test("Taylor–Green vortices decay exactly")
  func taylorGreen() throws {
    let problem = TaylorGreenVortex2D()
    let solution = try solve(problem, with: Fourier(points: [32]), stepping: ETDRK4(step: 0.01), until: 2)
    for (_, error) in try solution.last.exactErrors { #expect(error < 1e-12) }
    #expect(try solution.last.exactErrors.count == 2)
  }

  // Seven digits of the regression test of spectralDNS (Mortensen & Langtangen, Comput. Phys. Commun. 203, 2016).
  @Test("the three-dimensional Taylor–Green vortex at t = 0.1")
  func taylorGreen3D() throws {
    let solution = try solve(
      TaylorGreenVortex3D(viscosity: 0.000625), with: Fourier(points: [32]), stepping: RK4(step: 0.01),
      until: 0.1)
    #expect(abs(try value("energy", of: solution) - 0.124953117517) < 1e-8)
    #expect(abs(try value("enstrophy", of: solution) - 0.375249930801) < 1e-7)
    #expect(solution.statistics.transformsPerEvaluation == 9)
  }
}
