import Equations
import Foundation
import Geometry
import Simulation
import Spectral
import Tensors
import TestSupport
import TimeStepping

/// A problem on a box, discretised, with its state at a time.
struct BoundedRun {
  let system: BoundedSystem
  var state: [[Double]]
  var time = 0.0

  /// A problem at its initial time, in the given basis or the one that suits it.
  init(
    _ problem: some Problem, _ basis: [AxisBasis]? = nil, points: [Int], dealiasing: Dealiasing = .automatic
  ) throws {
    let lowered = try PDESystem(problem)
    system = try BoundedSystem(
      lowered, basis: basis ?? BoundedSystem.suitableBasis(for: lowered), points: points,
      dealiasing: dealiasing)
    let places = system.grid.places
    let fields = try system.variables.map { v in
      try places.map { try lowered.initial[v]!.value(at: $0) }
    }
    state = try system.state(of: fields, time: 0)
  }

  /// Goes on to a later time with steps of a method.
  mutating func advance(_ method: any SemilinearMethod, until end: Double, pool: WorkerPool = .shared) throws
  {
    let run = EvolutionRun(
      system, state: state, plan: .init(method: method, until: end, frames: .count(2)), pool: pool)
    try run.run()
    (state, time) = (run.state, run.time)
  }

  /// Values of an unknown at points.
  func values(_ unknown: Int = 0, _ orders: MultiIndex = .zero, at points: [[Double]]) throws -> [Double] {
    try system.values(of: [Jet(unknown, orders)], in: state, time: time, at: points)[0]
  }

  /// Values of an unknown on the grid.
  func values(_ unknown: Int = 0, _ orders: MultiIndex = .zero) throws -> [Double] {
    try system.values(of: [Jet(unknown, orders)], in: state, time: time)[0]
  }

  /// The largest difference on the grid to the problem's exact solutions at the run's time.
  func largestError() throws -> Double {
    let places = system.grid.places
    var largest = 0.0
    for (u, exact) in system.system.exact.enumerated() {
      guard let exact else { continue }
      for (place, value) in zip(places, try values(u)) {
        largest = max(largest, abs(value - (try exact.value(at: place, time: time))))
      }
    }
    return largest
  }
}

extension RectilinearGrid {
  /// The points of the grid, x slowest.
  var places: [[Double]] {
    coordinates.reduce([[]]) { places, axis in places.flatMap { place in axis.map { place + [$0] } } }
  }
}

/// The least-squares slope of log(error) over log(step).
func observedOrder(_ steps: [Double], _ errors: [Double]) -> Double {
  let (x, y) = (steps.map { log($0) }, errors.map { log($0) })
  let (mx, my) = (x.reduce(0, +) / Double(x.count), y.reduce(0, +) / Double(y.count))
  return zip(x, y).reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) } / x.reduce(0) { $0 + ($1 - mx) * ($1 - mx) }
}

// Coordinates, time and unknowns for problems written inside tests.
let x = ScalarField.x
let y = ScalarField.y
let z = ScalarField.z
let t = ScalarField.t
let u = ScalarField.unknown("u")
let v = ScalarField.unknown("v")

extension ScalarField {
  /// The formula at t = 0.
  var initially: ScalarField { ScalarField(node.replacingTerminals { $0 == .time ? .zero : nil }) }
}

extension Condition {
  /// The initial value that an exact solution has.
  static func start(_ unknown: ScalarField, _ exact: ScalarField) -> Condition {
    .initial(unknown == exact.initially)
  }
}
