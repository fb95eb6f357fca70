import Equations
import FiniteElements
import Foundation
import Tensors
import TimeStepping

/// Solves an evolution equation by finite elements and writes a run folder as it goes.
///
/// A callback that stops the run leaves a complete folder of what was reached, with the status `interrupted`, from which
/// ``resume(_:onMeshIn:onStep:onFrame:)`` goes on bit by bit. A run that blows up leaves the status `failed` and its frames.
///
/// - Parameters:
///   - problem: The equation with its domain and conditions.
///   - method: The elements and the mesh.
///   - stepping: The scheme and its step.
///   - end: The final time; the initial one is 0.
///   - parameters: Values of parameters other than their defaults.
///   - seed: What random fields are drawn from.
///   - frames: The times to keep, each at the nearest step.
///   - folder: Where to write, and in which formats.
///   - onStep: Called after each step; it may stop the run.
///   - onFrame: Called when a frame has been written.
/// - Throws: ``EquationError``, ``FiniteElementError``, ``SolveError``, ``RunFolderError``, ``FormatError``.
@discardableResult
public func solve(
  _ problem: some Problem, with method: FiniteElementMethod, stepping: ImplicitStepping, until end: Double,
  parameters: ParameterValues = [:], seed: UInt64 = 0, saving frames: FrameSchedule = .count(2),
  into folder: RunFolder,
  onStep: StepCallback<FiniteElementSolution> = { _, _ in .proceed },
  onFrame: (Solution.Frame) throws -> Void = { _ in }
) throws -> RunResult {
  try folder.check()
  let start = Date()
  let system = try method.evolution(of: problem, parameters, stepping, until: end, seed: seed)
  let run = try FiniteElementRun(system, plan: .init(stepping: stepping, until: end, frames: frames))
  var settings = RunSettings(
    problem: problem.name, parameters: problem.values(of: parameters), method: MethodSettings(method),
    stepper: stepping.name, step: stepping.step, control: nil, until: end, seed: seed, frames: nil,
    frameInterval: nil, frameTimes: nil, formats: folder.formats)
  settings.set(frames)
  var statistics = RunStatistics()
  statistics.secondsSetup = Date().timeIntervalSince(start)
  let first = run.frame
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
  return try drive(run, writer, statistics, onStep: onStep, onFrame: onFrame)
}

/// Goes on with an interrupted run on a mesh; the folder then holds what the run would have written without interruption,
/// bit by bit.
///
/// - Parameters:
///   - problem: The problem of the run; its parameters are taken from the folder.
///   - url: The run folder.
/// - Throws: ``RunFolderError`` when the folder is damaged, of another problem, or of a run that has ended; otherwise as
///   ``solve(_:with:stepping:until:parameters:seed:saving:into:onStep:onFrame:)``.
@discardableResult
public func resume(
  _ problem: some Problem, onMeshIn url: URL,
  onStep: StepCallback<FiniteElementSolution> = { _, _ in .proceed },
  onFrame: (Solution.Frame) throws -> Void = { _ in }
) throws -> RunResult {
  let manifest = try RunManifest.read(url)
  let settings = manifest.run
  guard problem.name == settings.problem else {
    throw RunFolderError(
      "\(url.path) holds a run of \(settings.problem), not of \(problem.name): resume it with that")
  }
  guard let entry = manifest.mesh else {
    throw RunFolderError("the run in \(url.path) is one on a grid: resume it with resume(_:in:)")
  }
  try manifest.requireUnfinished(in: url)
  let file = url.appendingPathComponent(RunManifest.fileName).path
  guard let elements = settings.method.elements, (1...3).contains(elements.order) else {
    throw RunFolderError.damaged(file, "its finite elements make no sense")
  }
  guard let end = settings.until, end > 0, end.isFinite, let step = settings.step, step > 0, step.isFinite,
    let stepping = settings.stepper.flatMap({ ImplicitStepping.named($0, step: step) }), end / step < 1e12,
    settings.frameEstimate(until: end) < 1e7
  else { throw RunFolderError.damaged(file, "its time stepper, final time or frames make no sense") }
  let start = Date()
  let method = elements.method(mesh: try manifest.readMesh(in: url), points: settings.method.points)
  let system = try method.evolution(
    of: problem, ParameterValues(settings.parameters), stepping, until: end, seed: settings.seed)
  guard system.mesh.checksum == entry.checksum else {
    throw RunFolderError(
      "\(url.path) holds a run on another mesh than that of \(problem.name) now: solve again")
  }
  let saved = try RunCheckpoint(in: url)
  let state = try FiniteElementEvolution.Checkpoint(saved, for: system)
  guard state.steps >= 0, state.time.isFinite, state.steps == 0 || state.step > 0 && state.step.isFinite
  else {
    throw RunFolderError.damaged(url.path, "its checkpoint is not one of this run")
  }
  let run = try FiniteElementRun(
    system, from: state, plan: .init(stepping: stepping, until: end, frames: settings.schedule))
  guard saved.frames.count == run.keptFrames + 1, state.steps <= run.stepCount,
    abs(state.time - run.time) <= 1e-6 * end
  else { throw RunFolderError.damaged(url.path, "its checkpoint is not one of this run") }
  var writer = try RunWriter(
    url, settings: settings, summary: problem.summary, first: run.frame, frameCount: run.frameCount + 1,
    threads: WorkerPool.shared.threadCount)
  guard writer.manifest.fields == manifest.fields, writer.manifest.points == manifest.points else {
    throw RunFolderError("\(url.path) holds other fields than \(problem.name) has now: solve again")
  }
  try writer.continueFrom(manifest, saved)
  var statistics = manifest.statistics
  statistics.stopReason = nil
  statistics.secondsSetup += Date().timeIntervalSince(start)
  return try drive(run, writer, statistics, onStep: onStep, onFrame: onFrame)
}

/// Runs to the end or to an interruption, writing frames.
private func drive(
  _ run: FiniteElementRun, _ writer: RunWriter, _ earlier: RunStatistics,
  onStep: StepCallback<FiniteElementSolution>, onFrame: (Solution.Frame) throws -> Void
) throws -> RunResult {
  var writer = writer
  var statistics: RunStatistics {
    var result = earlier
    result.record(run)
    return result
  }
  do {
    let ending = try run.run(onStep: onStep) { run in
      let frame = run.frame
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
  return RunResult(folder: writer.url, manifest: writer.manifest, last: run.frame)
}
