import Ansatz
import Foundation

/// The flow around the cylinder of Schäfer & Turek (1996), case 2D-2: from rest until vortices are shed in equal periods.
struct VortexShedding {
  /// Cells along the height of the channel, the order of the elements and the length of a step.
  let cells: Int
  let order: Int
  let step: Double
  /// How much successive periods may differ, relatively, in length and in the extremes of drag and lift.
  var tolerance = 1e-3
  /// The latest end of the run.
  var end = 12.0

  /// One period: from one upward zero of the lift coefficient to the next.
  struct Period {
    var length = 0.0
    var drag = Extremes()
    var lift = Extremes()

    /// Whether two periods agree.
    func agrees(with other: Period, to tolerance: Double) -> Bool {
      abs(length - other.length) <= tolerance * length
        && abs(drag.largest - other.drag.largest) <= tolerance * drag.largest
        && abs(lift.largest - other.lift.largest) <= tolerance * lift.largest
        && abs(lift.smallest - other.lift.smallest) <= tolerance * lift.largest
    }
  }

  /// The least and the greatest value of a series, at the tops of parabolas through three values each.
  struct Extremes {
    var smallest = Double.infinity
    var largest = -Double.infinity

    mutating func add(_ a: Double, _ b: Double, _ c: Double) {
      let (slope, bend) = ((c - a) / 2, a - 2 * b + c)
      let top = bend == 0 || abs(slope) > abs(bend) ? b : b - slope * slope / (2 * bend)
      if b >= a, b >= c { largest = max(largest, top) }
      if b <= a, b <= c { smallest = min(smallest, top) }
    }
  }

  /// What a run came to.
  struct Result {
    /// The last whole periods, oldest first.
    var periods: [Period]
    /// Whether the last three agree.
    var isPeriodic: Bool
    var unknowns: Int
    var steps: Int
    var factorizations: Int
    var iterations: Int
    var end: Double

    /// The mean of the last three periods.
    var length: Double {
      let last = periods.suffix(3)
      return last.reduce(0) { $0 + $1.length } / Double(last.count)
    }
  }

  /// Steps until three periods agree.
  func run() throws -> Result {
    let problem = CylinderFlow(isUnsteady: true, cells: cells)
    let elements = try FiniteElementMethod(order: order).discretize(
      PDESystem(problem))
    let flow = try FiniteElementEvolution(elements, scheme: .bdf2)
    var (drags, lifts): ([Double], [Double]) = ([], [])
    var periods: [Period] = []
    var (period, begin) = (Period(), Double?.none)
    var isPeriodic = false
    while flow.time < end, !isPeriodic {
      try flow.advance(by: step)
      let force = try CylinderForce(flow.solution)
      // 2 F / (ρ Ū² D) with the mean velocity 1.
      drags.append(20 * force.x)
      lifts.append(20 * force.y)
      let n = lifts.count
      guard n > 2 else { continue }
      // Extremes of the step before belong to the period that was running then.
      period.drag.add(drags[n - 3], drags[n - 2], drags[n - 1])
      period.lift.add(lifts[n - 3], lifts[n - 2], lifts[n - 1])
      guard lifts[n - 2] < 0, lifts[n - 1] >= 0 else { continue }
      let time = flow.time - step * lifts[n - 1] / (lifts[n - 1] - lifts[n - 2])
      if let begin {
        period.length = time - begin
        periods.append(period)
        let last = periods.suffix(4)
        isPeriodic =
          last.count == 4 && zip(last, last.dropFirst()).allSatisfy { $0.agrees(with: $1, to: tolerance) }
      }
      (begin, period) = (time, Period())
    }
    return Result(
      periods: periods, isPeriodic: isPeriodic, unknowns: elements.dofCount, steps: flow.steps,
      factorizations: flow.factorizations, iterations: flow.linearIterations, end: flow.time)
  }
}

/// The force of a flow on the cylinder per density, from the residual of the momentum equations at its nodes: as accurate as
/// the energy norm squared, unlike an integral of stresses (John & Matthies 2001).
struct CylinderForce {
  let x: Double
  let y: Double

  init(_ flow: FiniteElementSolution) throws {
    let part = WeakForm.BoundaryPart(["cylinder"])
    // The boundary pushes the fluid; the fluid pushes back.
    x = -(try flow.reaction(of: "u_x", on: part))
    y = -(try flow.reaction(of: "u_y", on: part))
  }
}
