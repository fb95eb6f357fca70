import Equations
import Foundation
import Geometry
import Spectral
import TestSupport
import Testing
import TimeStepping

/// Burgers' equation of Basdevant et al. (1986): ν = 0.01/π, u₀ = −sin πx on [−1, 1]. The values come from the Cole–Hopf
/// solution by quadrature.
@Suite("Bounded boxes: Burgers")
struct BoundedBurgersTests {
  static let reference: [(time: Double, values: [(x: Double, u: Double)])] = [
    (0.25, [(0.05, -0.5315978594), (0.1, -0.7949743591), (0.25, -0.9920815616), (0.5, -0.8031984208)]),
    (0.5, [(0.01, -0.8980496423), (0.05, -0.9789821784), (0.25, -0.8473545245), (0.5, -0.5927695344)]),
    (
      1,
      [
        (0.01, -0.5942561676), (0.05, -0.7000270809), (0.25, -0.5591962931), (0.5, -0.3761813957),
        (0.75, -0.1889980953),
      ]
    ),
  ]

  /// The largest error at each of the reference's times.
  private func errors(_ basis: AxisBasis, from lower: Double, points: Int, step: Double) throws -> [Double] {
    let problem = ProblemSketch(
      dt(u) + u * dx(u) == 0.01 / Double.pi * dx(dx(u)), on: .interval(ScalarField(lower), 1),
      conditions: [.dirichlet(u == 0), .initial(u == -sin(.pi * x))])
    var run = try BoundedRun(problem, [basis], points: [points])
    var last = 0.0
    return try Self.reference.map { time, values in
      // The equation does not depend on time: the run goes on from where it stands.
      try run.advance(ETDRK4(step: step), until: time - last)
      last = time
      let found = try run.values(at: values.map { [$0.x] })
      return zip(found, values).map { abs($0 - $1.u) }.max()!
    }
  }

  @Test("The half interval by sine series, to the digits of the reference")
  func sine() throws {
    #expect(try errors(.sine, from: 0, points: 1025, step: 1e-3).allSatisfy { $0 < 1e-8 })
  }

  @Test("The half interval by Chebyshev series, whose points are dense where the front stands")
  func chebyshev() throws {
    #expect(try errors(.chebyshev, from: 0, points: 193, step: 1e-3).allSatisfy { $0 < 1e-8 })
  }

  @Test("The full interval by Chebyshev series, whose points are sparse where the front stands")
  func fullInterval() throws {
    // At t = 0.5 the front is as thin as two steps of the grid in the middle.
    for (error, bound) in zip(try errors(.chebyshev, from: -1, points: 1025, step: 1e-3), [1e-9, 5e-5, 1e-6])
    {
      #expect(error < bound)
    }
  }
}
