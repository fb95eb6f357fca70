/// Integrates a system y′ = f(y, t) of ordinary differential equations by an explicit Runge-Kutta method.
///
///     let result = ExplicitIntegrator(Tsitouras54(relativeTolerance: 1e-8)).integrate(from: 0, to: 1, initial: [1]) {
///       y, t, slope in slope[0] = -y[0]
///     }
///
/// After its start an integration does not allocate. Integrating backwards, from a later to an earlier time, is allowed.
public struct ExplicitIntegrator: Sendable {
  /// f: reads the state and the time and writes the derivative.
  public typealias RightHandSide = (UnsafeBufferPointer<Double>, Double, UnsafeMutableBufferPointer<Double>)
    -> Void

  public let tableau: ButcherTableau
  public let order: Int
  public let stepSize: StepSize
  private let embeddedOrder: Int?

  /// The integrator of a method with a fixed step or tolerances.
  public init(_ method: some ExplicitRungeKutta) {
    tableau = type(of: method).tableau
    order = method.order
    stepSize = method.stepSize
    embeddedOrder = (method as? any EmbeddedMethod)?.embeddedOrder
  }

  /// Integrates from one time to another.
  ///
  /// - Parameters:
  ///   - initial: the state at `start`; at least one value.
  ///   - maximumSteps: how many steps, rejected ones included, are made at most.
  ///   - callback: called after every accepted step, and before the first, with the state reached.
  ///   - rightHandSide: f.
  public func integrate(
    from start: Double, to end: Double, initial: [Double], maximumSteps: Int = .max,
    callback: (StepContext, UnsafeBufferPointer<Double>) -> StepDecision = { _, _ in .proceed },
    _ rightHandSide: RightHandSide
  ) -> IntegrationResult {
    precondition(
      !initial.isEmpty && start.isFinite && end.isFinite, "nothing to integrate from \(start) to \(end)")
    let clock = ContinuousClock()
    let begin = clock.now
    let n = initial.count
    // The state, the stage (and new state), the error, and the slopes.
    var storage = [Double](repeating: 0, count: n * (3 + tableau.stages))
    storage.replaceSubrange(0..<n, with: initial)
    return storage.withUnsafeMutableBufferPointer { buffer in
      var run = ExplicitRun(integrator: self, storage: buffer, size: n)
      let status = run.integrate(
        from: start, to: end, maximumSteps: maximumSteps, callback: callback, rightHandSide: rightHandSide)
      let elapsed = (clock.now - begin).components
      run.statistics.seconds = Double(elapsed.seconds) + 1e-18 * Double(elapsed.attoseconds)
      return IntegrationResult(
        value: Array(run.state), time: run.time, status: status, statistics: run.statistics)
    }
  }

  /// The controller of an adaptive integration; nil for a fixed step.
  var controller: StepController? {
    guard case .adaptive(let control) = stepSize else { return nil }
    guard let embeddedOrder else {
      preconditionFailure("a method without embedded solution has a fixed step")
    }
    return StepController(control: control, embeddedOrder: embeddedOrder, quantised: false)
  }
}
