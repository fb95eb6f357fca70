import Equations
import Foundation
import Spectral
import Tensors
import TimeStepping

/// What a run into a folder came to.
public struct RunResult: Sendable {
  /// The run folder.
  public let folder: URL
  /// The manifest as it was written last.
  public let manifest: RunManifest
  /// The state at the end.
  public let last: Solution.Frame

  package init(folder: URL, manifest: RunManifest, last: Solution.Frame) {
    (self.folder, self.manifest, self.last) = (folder, manifest, last)
  }
}

/// Solves an evolution equation and writes a run folder as it goes.
///
/// A callback that stops the run leaves a complete folder of what was reached, with the status `interrupted`, from which
/// ``resume(_:in:onStep:onFrame:)`` goes on bit by bit. A run that blows up leaves the status `failed` and its frames.
///
/// - Parameters:
///   - problem: The equation with its domain and conditions.
///   - method: The discretisation in space.
///   - stepper: The discretisation in time, with its step or tolerances.
///   - end: The final time; the initial one is 0.
///   - parameters: Values of parameters other than their defaults.
///   - seed: What random fields are drawn from.
///   - frames: The times to keep.
///   - folder: Where to write, and in which formats.
///   - onStep: Called after each step; it may stop the run. A run whose callback changes the step cannot be repeated
///     from its manifest.
///   - onFrame: Called when a frame has been written.
/// - Throws: ``EquationError``, ``SolveError``, ``RunFolderError``, ``FormatError``.
@discardableResult
public func solve(
  _ problem: some Problem, with method: some EvolutionMethod, stepping stepper: any SemilinearMethod,
  until end: Double, parameters: ParameterValues = [:], seed: UInt64 = 0,
  saving frames: FrameSchedule = .count(2), into folder: RunFolder,
  onStep: StepCallback<EvolutionRun> = { _, _ in .proceed },
  onFrame: (Solution.Frame) throws -> Void = { _ in }
) throws -> RunResult {
  try folder.check()
  let start = Date()
  let evolution = try Evolution(problem, with: method, parameters: parameters, seed: seed)
  var settings = RunSettings(
    problem: problem.name, parameters: evolution.parameters, method: MethodSettings(method),
    stepper: stepper.name, step: nil, control: nil, until: end, seed: seed, frames: nil, frameInterval: nil,
    frameTimes: nil, formats: folder.formats)
  settings.set(frames)
  switch stepper.stepSize {
  case .fixed(let step): settings.step = step
  case .adaptive(let control): settings.control = control
  }
  let run = EvolutionRun(
    evolution.system, state: evolution.initialState,
    plan: .init(method: stepper, until: end, frames: frames))
  let first = evolution.frame(evolution.initialState, time: 0)
  var statistics = RunStatistics()
  statistics.secondsSetup = Date().timeIntervalSince(start)
  let writer = try folder.begin {
    var writer = try RunWriter(
      folder.url, settings: settings, summary: problem.summary, first: first, frameCount: run.frameCount + 1,
      threads: WorkerPool.shared.threadCount)
    try writer.writeGeometry(of: first)
    var reached = statistics
    reached.record(run)
    try writer.append(first, run.checkpoint, statistics: reached)
    return writer
  }
  try onFrame(first)
  return try drive(run, evolution, writer, statistics, onStep: onStep, onFrame: onFrame)
}

/// Goes on with an interrupted run; the folder then holds what the run would have written without interruption, bit by
/// bit.
///
/// - Parameters:
///   - problem: The problem of the run; its parameters are taken from the folder.
///   - url: The run folder.
/// - Throws: ``RunFolderError`` when the folder is damaged, of another problem, or of a run that has ended; otherwise as
///   ``solve(_:with:stepping:until:parameters:seed:saving:into:onStep:onFrame:)``.
@discardableResult
public func resume(
  _ problem: some Problem, in url: URL,
  onStep: StepCallback<EvolutionRun> = { _, _ in .proceed },
  onFrame: (Solution.Frame) throws -> Void = { _ in }
) throws -> RunResult {
  let manifest = try RunManifest.read(url)
  let settings = manifest.run
  guard problem.name == settings.problem else {
    throw RunFolderError(
      "\(url.path) holds a run of \(settings.problem), not of \(problem.name): resume it with that")
  }
  guard manifest.mesh == nil else {
    throw RunFolderError("the run in \(url.path) is one on a mesh: resume it with resume(_:onMeshIn:)")
  }
  try manifest.requireUnfinished(in: url)
  let file = url.appendingPathComponent(RunManifest.fileName).path
  guard let entry = Methods.named(settings.method.name) else {
    throw RunFolderError("\(file) asks for the method '\(settings.method.name)', which is not known here")
  }
  if let text = settings.method.dealiasing, Dealiasing(text) == nil {
    throw RunFolderError.damaged(file, "its dealiasing '\(text)' makes no sense")
  }
  guard let end = settings.until, end > 0, end.isFinite, let name = settings.stepper,
    let known = try? Steppers.named(name), settings.frameEstimate(until: end) < 1e7
  else { throw RunFolderError.damaged(file, "its time stepper, final time or frames make no sense") }
  let stepper: any SemilinearMethod
  if let step = settings.step, step > 0, step.isFinite {
    stepper = known.with(.fixed(step))
  } else if let control = settings.control, known is any EmbeddedMethod {
    stepper = known.with(.adaptive(control))
  } else {
    throw RunFolderError.damaged(file, "its step makes no sense")
  }
  let start = Date()
  let evolution = try Evolution(
    problem, with: entry.make(settings.method), parameters: ParameterValues(settings.parameters),
    seed: settings.seed)
  let saved = try RunCheckpoint(in: url)
  let plan = EvolutionRun.Plan(method: stepper, until: end, frames: settings.schedule)
  let state = try Checkpoint(saved, for: evolution.system)
  guard plan.frames.times(until: end).count >= state.framesKept, state.framesKept >= 0,
    state.history.count == plan.method.history || state.history.isEmpty,
    state.starting.map({ $0.count <= plan.method.history }) ?? (state.history.count == plan.method.history),
    state.clock.step > 0, state.clock.step.isFinite, state.time.isFinite
  else { throw RunFolderError.damaged(url.path, "its checkpoint is not one of this run") }
  let run = EvolutionRun(evolution.system, from: state, plan: plan)
  let first = evolution.frame(evolution.initialState, time: 0)
  var writer = try RunWriter(
    url, settings: settings, summary: problem.summary, first: first, frameCount: run.frameCount + 1,
    threads: WorkerPool.shared.threadCount)
  guard writer.manifest.fields == manifest.fields, writer.manifest.points == manifest.points else {
    throw RunFolderError("\(url.path) holds other fields than \(problem.name) has now: solve again")
  }
  try writer.continueFrom(manifest, saved)
  var statistics = manifest.statistics
  statistics.stopReason = nil
  statistics.secondsSetup += Date().timeIntervalSince(start)
  return try drive(run, evolution, writer, statistics, onStep: onStep, onFrame: onFrame)
}

/// Runs to the end or to an interruption, writing frames.
private func drive(
  _ run: EvolutionRun, _ evolution: Evolution, _ writer: RunWriter, _ earlier: RunStatistics,
  onStep: StepCallback<EvolutionRun>, onFrame: (Solution.Frame) throws -> Void
) throws -> RunResult {
  var writer = writer
  var statistics: RunStatistics {
    var result = earlier
    result.record(run)
    return result
  }
  let ending: EvolutionRun.Ending
  do {
    ending = try run.run(onStep: onStep) { run in
      let frame = evolution.frame(run.state, time: run.time)
      try writer.append(frame, run.checkpoint, statistics: statistics)
      try onFrame(frame)
    }
    switch ending {
    case .completed: try writer.finish(.completed, time: run.time, statistics: statistics)
    case .stopped(let reason):
      var reached = statistics
      reached.stopReason = reason
      try writer.save(run.checkpoint)
      try writer.finish(.interrupted, message: reason, time: run.time, statistics: reached)
    }
  } catch {
    writer.fail(error, time: run.time, statistics: statistics)
    throw error
  }
  return RunResult(
    folder: writer.url, manifest: writer.manifest, last: evolution.frame(run.state, time: run.time))
}
