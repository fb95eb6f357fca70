import Foundation

extension RunFolder {
  /// Writes a solution that is in memory: the way of steady problems, and of runs whose frames were kept.
  ///
  /// The folder holds no checkpoint, as there is nothing to go on with.
  ///
  /// - Parameters:
  ///   - solution: The solution.
  ///   - summary: One sentence on the problem.
  ///   - seed: What random fields were drawn from.
  /// - Returns: The manifest as written.
  /// - Throws: ``RunFolderError``, ``FormatError``, ``EquationError``.
  @discardableResult
  public func write(_ solution: Solution, summary: String = "", seed: UInt64 = 0) throws -> RunManifest {
    let (first, statistics) = (solution.frames[0], solution.statistics)
    let isEvolution = first.state.system.isEvolution
    let settings = RunSettings(
      problem: solution.problem, parameters: solution.parameters,
      method: MethodSettings(name: solution.method, points: first.state.grid.shape),
      stepper: statistics.stepper, step: statistics.step, control: nil,
      until: isEvolution ? solution.last.time : nil, seed: seed, frames: solution.frames.count,
      frameInterval: nil, frameTimes: nil, formats: formats)
    return try begin {
      var writer = try RunWriter(
        url, settings: settings, summary: summary, first: first, frameCount: solution.frames.count,
        threads: statistics.threads)
      try writer.writeGeometry(of: first)
      for frame in solution.frames { try writer.append(frame, nil, statistics: statistics) }
      let status: RunStatus = statistics.stopReason == nil ? .completed : .interrupted
      try writer.finish(
        status, message: statistics.stopReason, time: solution.last.time, statistics: statistics)
      return writer.manifest
    }
  }
}
