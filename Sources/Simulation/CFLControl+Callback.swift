import Geometry
import TimeStepping

extension CFLControl {
  /// A callback that keeps the step below the Courant–Friedrichs–Lewy limit of a velocity field.
  ///
  /// ```swift
  /// let control = CFLControl(number: 0.5, maximumStep: 1e-2)
  /// let solution = try solve(
  ///   ShearLayer(), with: Fourier(points: [256]), stepping: ETDRK4(step: 1e-3), until: 1.2,
  ///   onStep: control.callback(velocity: "velocity"))
  /// ```
  ///
  /// - Parameters:
  ///   - name: An unknown or derived field whose components are the velocity.
  ///   - interval: How many steps to leave between two looks at the field, each of which costs about one step.
  public func callback(velocity name: String, every interval: Int = 10) -> StepCallback<EvolutionRun> {
    precondition(interval > 0, "a look every \(interval) steps")
    return { context, run in
      guard context.index % interval == 0 else { return .proceed }
      let field = try run.frame.field(name)
      return decision(frequency: field.advectiveFrequency, step: context.step)
    }
  }
}

extension SolutionField {
  /// max Σ |uᵢ|/Δxᵢ over the grid, in inverse time, with the distance to the nearest neighbour as Δxᵢ.
  var advectiveFrequency: Double {
    let spacings = grid.coordinates.map { axis in
      axis.indices.map { i in
        Swift.min(
          i > 0 ? axis[i] - axis[i - 1] : .infinity, i + 1 < axis.count ? axis[i + 1] - axis[i] : .infinity)
      }
    }
    var largest = 0.0
    var index = Array(repeating: 0, count: grid.dimension)
    for point in 0..<grid.pointCount {
      var rest = point
      for axis in index.indices.reversed() {
        index[axis] = rest % grid.shape[axis]
        rest /= grid.shape[axis]
      }
      var frequency = 0.0
      for (axis, component) in gridValues.enumerated() where axis < index.count {
        frequency += abs(component[point]) / spacings[axis][index[axis]]
      }
      largest = Swift.max(largest, frequency)
    }
    return largest
  }
}
