import Tensors

/// A computation that was recorded once and is replayed: a step of a training, a residual, a Jacobian.
///
/// Recording fixes the shapes. Batches are cut into tiles that fit the cache and run on all threads; elementwise
/// operations between matrix products make one pass; sums over a batch go into a fixed number of lanes that are joined by
/// a fixed tree, so that results have the same bits whatever the number of threads. A replay allocates nothing. What
/// changes between replays must be an input: numbers captured by the closure are constants.
///
/// A program is used by one thread at a time.
public final class Program<Scalar: Real>: @unchecked Sendable {
  // Unchecked: the plan never changes; memories are written only within a run, which callers do not overlap.

  /// What the program was recorded with.
  public let inputs: [ProgramInput]
  /// The shapes of the outputs.
  public let outputShapes: [[Int]]

  let plan: ProgramPlan<Scalar>
  private let outputPlaces: [Place]
  private let shared: Buffer<Scalar>
  private let lanes: Buffer<Scalar>
  private let laneStride: Int
  private let workers: [Worker]
  private var regions: [[ParallelRegion]] = []
  private var inputAddresses: [UnsafeMutablePointer<Scalar>?]

  /// The memory of one worker.
  private final class Worker: @unchecked Sendable {
    // Unchecked: a worker's memory is used by that worker alone.
    let arena: Buffer<Scalar>
    let registers: Buffer<Scalar>
    let scratch: Buffer<Scalar>
    let slots: Buffer<UnsafeMutablePointer<Scalar>?>
    let sources: Buffer<UnsafePointer<Scalar>?>
    let memories: Buffer<UnsafeMutablePointer<Scalar>>

    init(_ plan: ProgramPlan<Scalar>, arena size: Int, memories count: Int) {
      arena = Buffer(count: max(size, 1))
      registers = Buffer(count: plan.maximumRegisters)
      scratch = Buffer(count: plan.maximumScratch)
      slots = Buffer(count: plan.maximumSlots)
      sources = Buffer(count: plan.maximumSlots)
      memories = Buffer(count: count)
    }
  }

  /// Records a computation.
  ///
  /// With the environment variable `ANSATZ_CHECK_RECORDING=1` it is recorded twice more beforehand, and the process stops
  /// where these recordings differ; see ``recordingDifference(_:record:)``.
  ///
  /// - Parameters:
  ///   - inputs: The shapes of what changes from run to run.
  ///   - record: The computation, on recorded tensors in the order of `inputs`; what it returns are the outputs.
  public init(
    _ inputs: [ProgramInput], record: ([Tensor<Scalar>]) throws -> [Tensor<Scalar>]
  ) rethrows {
    if RecordingCheck.isEnabled, let difference = try Self.recordingDifference(inputs, record: record) {
      preconditionFailure("\(difference)")
    }
    let recorder = Recorder<Scalar>()
    let places = inputs.map { recorder.input($0.shape) }
    let outputs = try record(places).map(recorder.index(of:))
    self.inputs = inputs
    outputShapes = outputs.map { recorder.nodes[$0].shape }
    plan = ProgramPlan(
      recorder, inputs: places.map(recorder.index(of:)), specifications: inputs, outputs: outputs)
    outputPlaces = outputs.map(plan.outputPlace)
    inputAddresses = Array(repeating: nil, count: inputs.count)

    shared = Buffer(count: max(plan.sharedSize, 1))
    for (offset, value) in plan.constants {
      let target = shared.pointer + offset
      value.withUnsafeBufferPointer { source in
        if let source = source.baseAddress { target.update(from: source, count: value.count) }
      }
    }
    laneStride = plan.stages.map(\.laneSize).max() ?? 0
    lanes = Buffer(count: max(laneStride * (plan.stages.map(\.lanes).max() ?? 1), 1))
    let arena = plan.stages.flatMap(\.regions).map(\.arena).max() ?? 1
    let threads = WorkerPool.shared.threadCount
    let (plan, count) = (self.plan, Place.Memory.input(inputs.count))
    workers = (0..<threads).map { _ in Worker(plan, arena: arena, memories: count) }
    regions = plan.stages.map(parallelRegions)
  }

  // MARK: - Running

  /// Gives an input its memory for the runs that follow: row-major, of the recorded shape. The memory stays the
  /// caller's, is only read, and must live as long as the program runs with it.
  public func bind(_ index: Int, _ elements: UnsafePointer<Scalar>) {
    inputAddresses[index] = UnsafeMutablePointer(mutating: elements)
  }

  /// Runs the program on the bound inputs. Allocates nothing.
  public func run() {
    // By index: iterators of generic arrays are allocated.
    for worker in workers.indices {
      let worker = workers[worker]
      let memories = worker.memories.pointer
      memories[Place.Memory.tile] = worker.arena.pointer
      memories[Place.Memory.shared] = shared.pointer
      memories[Place.Memory.lane] = lanes.pointer
      for i in inputAddresses.indices {
        guard let address = inputAddresses[i] else {
          preconditionFailure("input \(i) of shape \(inputs[i].shape) has no memory: bind it before the run")
        }
        memories[Place.Memory.input(i)] = address
      }
    }
    let tile = context(workers[0], first: 0, samples: 0, isFirstOfLane: false)
    for stage in regions.indices {
      for step in plan.stages[stage].shared.indices { plan.stages[stage].shared[step].run(tile) }
      for region in regions[stage].indices { WorkerPool.shared.run(regions[stage][region]) }
    }
  }

  /// The elements of an output after a run, row-major; valid until the next run.
  public func output(_ index: Int) -> UnsafeBufferPointer<Scalar> {
    let place = outputPlaces[index]
    let base: UnsafeMutablePointer<Scalar>? =
      place.memory == Place.Memory.shared
      ? shared.pointer : inputAddresses[place.memory - Place.Memory.input(0)]
    return UnsafeBufferPointer(
      start: base! + place.offset, count: outputShapes[index].reduce(1, *))
  }

  /// Runs the program on tensors of the recorded shapes.
  public func callAsFunction(_ values: [Tensor<Scalar>]) -> [Tensor<Scalar>] {
    precondition(values.count == inputs.count, "\(values.count) values for \(inputs.count) inputs")
    for (i, (value, input)) in zip(values, inputs).enumerated() {
      precondition(
        value.shape == input.shape, "input \(i) has the shape \(value.shape), not \(input.shape) as recorded")
    }
    func call(_ index: Int) -> [Tensor<Scalar>] {
      guard index < values.count else {
        run()
        return outputShapes.indices.map { output in
          Tensor(shape: outputShapes[output]) { _ = $0.update(fromContentsOf: self.output(output)) }
        }
      }
      return values[index].withUnsafeBufferPointer { elements in
        if let address = elements.baseAddress { bind(index, address) }
        return call(index + 1)
      }
    }
    return call(0)
  }

  private func context(
    _ worker: Worker, first: Int, samples: Int, isFirstOfLane: Bool
  ) -> TileContext<Scalar> {
    TileContext(
      memories: UnsafePointer(worker.memories.pointer), slots: worker.slots.pointer,
      sources: worker.sources.pointer, registers: worker.registers.pointer,
      scratch: worker.scratch.pointer, first: first, samples: samples, isFirstOfLane: isFirstOfLane)
  }

  private func run(
    _ region: ProgramPlan<Scalar>.Region, tile: Int, on worker: Int, isFirstOfLane: Bool
  ) {
    let first = tile * region.tile
    let context = context(
      workers[worker], first: first, samples: min(region.tile, region.samples - first),
      isFirstOfLane: isFirstOfLane)
    for step in region.steps.indices { region.steps[step].run(context) }
  }

  private func parallelRegions(_ stage: ProgramPlan<Scalar>.Stage) -> [ParallelRegion] {
    guard !stage.regions.isEmpty else { return [] }
    let (regions, lanes, sums, cleared) = (stage.regions, stage.lanes, stage.sums, stage.cleared)
    let (laneSize, laneStride, laneBase, shared) = (stage.laneSize, laneStride, self.lanes, self.shared)
    let work: ParallelRegion
    if laneSize == 0 {
      let starts = regions.reduce(into: [0]) { $0.append($0.last! + $1.tileCount) }
      work = ParallelRegion(tiles: lanes) { [unowned self] index, worker in
        let region = starts.lastIndex { $0 <= index }!
        BLASThreads.withSingle {
          run(regions[region], tile: index - starts[region], on: worker, isFirstOfLane: false)
        }
      }
      return [work]
    }
    work = ParallelRegion(tiles: lanes) { [unowned self] lane, worker in
      let sums = laneBase.pointer + lane * laneStride
      for part in cleared.indices { (sums + cleared[part].lane).clear(count: cleared[part].count) }
      workers[worker].memories.pointer[Place.Memory.lane] = sums
      BLASThreads.withSingle {
        for index in regions.indices {
          var tile = lane
          while tile < regions[index].tileCount {
            run(regions[index], tile: tile, on: worker, isFirstOfLane: tile == lane)
            tile += lanes
          }
        }
      }
    }
    // Lanes are joined as neighbours, then neighbours of those.
    let block = 1 << 14
    let join = ParallelRegion(tiles: (laneSize + block - 1) / block) { index, _ in
      let (start, count) = (index * block, min(block, laneSize - index * block))
      var width = lanes
      var distance = 1
      while width > 1 {
        for i in 0..<width / 2 {
          let left = laneBase.pointer + 2 * i * distance * laneStride + start
          Scalar.axpy(1, left + distance * laneStride, left, count: count)
        }
        width = (width + 1) / 2
        distance *= 2
      }
      for sum in sums.indices {
        let (lane, target, length) = sums[sum]
        let (low, high) = (max(lane, start), min(lane + length, start + count))
        if low < high {
          (shared.pointer + target + low - lane).update(from: laneBase.pointer + low, count: high - low)
        }
      }
    }
    return [work, join]
  }
}

extension Program: CustomStringConvertible {
  /// The program's stages, regions and kernel calls.
  public var description: String {
    var lines: [String] = []
    for (index, stage) in plan.stages.enumerated() {
      if !stage.shared.isEmpty { lines.append("shared \(index)") }
      lines += stage.shared.map { "  \($0.description)" }
      for region in stage.regions {
        lines.append(
          "region \(index + 1), batch \(region.batch): \(region.tileCount) tiles of \(region.tile) of \(region.samples) samples, "
            + "\(stage.lanes) lanes, \(region.arena * MemoryLayout<Scalar>.stride) bytes per worker")
        lines += region.steps.map { "  \($0.description), \($0.operations(samples: region.tile)) operations" }
      }
      for sum in stage.sums { lines.append("sum of \(sum.count) elements over lanes") }
    }
    return lines.joined(separator: "\n")
  }

  /// Floating-point operations per run.
  public var operationCount: Int {
    plan.stages.reduce(0) { total, stage in
      total + stage.shared.reduce(0) { $0 + $1.operations(samples: 0) }
        + stage.regions.reduce(0) { sum, region in
          sum + region.steps.reduce(0) { $0 + $1.operations(samples: region.samples) }
        }
    }
  }
}
