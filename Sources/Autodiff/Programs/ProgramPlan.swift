import CKernels
import Tensors

/// The kernel calls of a program and where all values lie.
struct ProgramPlan<Scalar: Real> {
  /// Work that tiles of one batch do independently.
  struct Region: Sendable {
    let batch: Int
    let samples: Int
    var tile: Int
    var steps: [any ProgramStep<Scalar>]
    /// Elements of a worker's memory.
    var arena: Int
    var tileCount: Int { (samples + tile - 1) / tile }
  }

  /// Shared work, then regions that run side by side, then sums over their lanes.
  struct Stage {
    var shared: [any ProgramStep<Scalar>] = []
    var regions: [Region] = []
    /// Sums: where they lie in a lane and in the shared memory, and how long they are.
    var sums: [(lane: Int, shared: Int, count: Int)] = []
    var laneSize = 0
    /// Parts of a lane that are set to zero before its first tile; the others are written by that tile.
    var cleared: [(lane: Int, count: Int)] = []
    /// Lanes over which tiles are dealt out.
    var lanes = 1
  }

  private let recorder: Recorder<Scalar>
  private let staging: Staging<Scalar>
  private(set) var places: [Int: Place] = [:]
  private(set) var stages: [Stage] = []
  private(set) var sharedSize = 0
  private(set) var constants: [(offset: Int, value: Tensor<Scalar>)] = []
  private(set) var maximumSlots = 1
  private(set) var maximumRegisters = 1
  /// Elements of scratch that a step needs.
  private(set) var maximumScratch = 1
  /// For values that are summed over a batch, the sum of sums that they go into.
  private var accumulators: [Int: Int] = [:]
  /// Sums of the stage being planned that something adds to already, by their places in a lane, and whether a product
  /// writes them first; nil where several regions add to them.
  private var begun: [Int: Bool]?
  /// Adds that are done by accumulation.
  private var joinedAdds: Set<Int> = []
  private let outputs: [Int]

  private var nodes: [Recorder<Scalar>.Node] { recorder.nodes }

  init(_ recorder: Recorder<Scalar>, inputs: [Int], specifications: [ProgramInput], outputs: [Int]) {
    self.recorder = recorder
    self.outputs = outputs
    staging = Staging(recorder, inputs: inputs, specifications: specifications, outputs: outputs)
    for (i, index) in inputs.enumerated() {
      let isBatched = specifications[i].batch != nil
      let perSample = isBatched ? nodes[index].count / max(nodes[index].shape[0], 1) : 0
      places[index] = Place(memory: Place.Memory.input(i), offset: 0, perSample: perSample)
    }
    for (index, node) in nodes.enumerated() where staging.needed[index] {
      if case .constant(let value) = node.primitive {
        places[index] = sharedPlace(node.count)
        constants.append((places[index]!.offset, value))
      }
    }
    joinSums()
    let last = nodes.indices.reduce(0) { staging.needed[$1] ? max($0, staging.stages[$1]) : $0 }
    let exports = exportedValues()
    for stage in 0...last {
      var current = Stage()
      planShared(stage, &current, exports)
      planRegions(stage + 1, &current, exports)
      stages.append(current)
    }
  }

  /// Where an output lies once the program has run.
  func outputPlace(_ index: Int) -> Place {
    Place(memory: places[root(index)]!.memory, offset: places[root(index)]!.offset)
  }

  private mutating func sharedPlace(_ count: Int, perSample: Int = 0) -> Place {
    defer { sharedSize += (count + 15) / 16 * 16 }
    return Place(memory: Place.Memory.shared, offset: sharedSize, perSample: perSample)
  }

  // MARK: - Who computes what, where

  private func isLeaf(_ index: Int) -> Bool {
    switch nodes[index].primitive {
    case .input, .constant: true
    default: false
    }
  }

  /// The value whose memory an alias shares.
  private func root(_ index: Int) -> Int {
    var index = index
    while BlockPlan<Scalar>.isAlias(nodes[index]) { index = nodes[index].operands[0] }
    return index
  }

  /// A sum of sums over a batch is one sum: all parts are added to one accumulator.
  private mutating func joinSums() {
    var uses = [Int](repeating: 0, count: nodes.count)
    for index in nodes.indices where staging.needed[index] {
      for operand in nodes[index].operands { uses[operand] += 1 }
    }
    for output in outputs { uses[output] += 1 }
    var joined: [Int: [Int]] = [:]
    for index in nodes.indices where staging.needed[index] {
      if case .summed = staging.tilings[index] { joined[index] = [index] }
      guard case .binary(.add) = nodes[index].primitive, staging.tilings[index] == .whole else { continue }
      let operands = nodes[index].operands
      guard operands.allSatisfy({ joined[$0] != nil && uses[$0] == 1 }), operands[0] != operands[1],
        staging.stages[operands[0]] == staging.stages[operands[1]]
      else { continue }
      joined[index] = operands.flatMap { joined[$0]! }
      joinedAdds.insert(index)
      for operand in operands { joined[operand] = nil }
    }
    for (sum, parts) in joined { for part in parts { accumulators[part] = sum } }
  }

  /// Values of tiles that are used outside of their region, and so kept for all tiles.
  private func exportedValues() -> Set<Int> {
    var result: Set<Int> = []
    func note(_ index: Int) {
      // An alias is used as what it is an alias of.
      if !isLeaf(root(index)) { result.insert(root(index)) }
    }
    for output in outputs { note(output) }
    for (index, node) in nodes.enumerated() where staging.needed[index] && !joinedAdds.contains(index) {
      // What is only repeated, under another shape, must be there.
      if staging.tilings[index] == .whole, staging.tilings[root(index)] == .free { note(index) }
      let home = region(of: index)
      for operand in node.operands {
        guard case .tiled = staging.tilings[operand] else { continue }
        if home != region(of: operand) { note(operand) }
      }
    }
    return result
  }

  /// The region in which a value is computed; nil for shared work.
  private func region(of index: Int) -> [Int]? {
    switch staging.tilings[index] {
    case .tiled(let batch, _), .summed(let batch): [staging.stages[index], batch]
    case .whole, .free: nil
    }
  }

  // MARK: - Shared work

  private mutating func planShared(_ stage: Int, _ current: inout Stage, _ exports: Set<Int>) {
    let own = nodes.indices.filter {
      staging.needed[$0] && !isLeaf($0) && staging.tilings[$0] == .whole && staging.stages[$0] == stage
        && !joinedAdds.contains($0)
    }
    let repeated = nodes.indices.filter {
      staging.needed[$0] && staging.tilings[$0] == .free && staging.stages[$0] == stage
        && exports.contains($0)
    }
    let members = withRepeated(own + repeated)
    let isHere = Set(members)
    var used = exports
    for index in nodes.indices where staging.needed[index] && !isHere.contains(index) {
      used.formUnion(nodes[index].operands.map(root))
    }
    let plan = BlockPlan(recorder, members: members, exports: used.intersection(isHere))
    for work in plan.work {
      for result in work.results where !BlockPlan<Scalar>.isAlias(nodes[result]) {
        places[result] = sharedPlace(nodes[result].count)
      }
      current.shared += steps(for: work, of: plan, in: nil, tile: 0)
    }
  }

  /// Values with those operands that are only repeated from others, operands first.
  private func withRepeated(_ members: [Int]) -> [Int] {
    var all = Set(members)
    for member in members {
      for operand in nodes[member].operands where staging.tilings[operand] == .free { all.insert(operand) }
    }
    return all.sorted()
  }

  // MARK: - Regions

  private mutating func planRegions(_ stage: Int, _ current: inout Stage, _ exports: Set<Int>) {
    let sums = Set(
      accumulators.filter { staging.stages[$0.key] == stage && staging.needed[$0.key] }.values
    ).sorted()
    for sum in sums {
      let count = nodes[sum].count
      places[sum] = sharedPlace(count)
      current.sums.append((current.laneSize, places[sum]!.offset, count))
      current.laneSize += (count + 15) / 16 * 16
    }
    let lanePlaces = Dictionary(uniqueKeysWithValues: zip(sums, current.sums.map(\.lane)))
    let batches = staging.counts.keys.sorted().filter { batch in
      nodes.indices.contains {
        staging.needed[$0] && !isLeaf($0) && region(of: $0) == [stage, batch]
      }
    }
    begun = batches.count == 1 ? [:] : nil
    for batch in batches {
      let members = withRepeated(
        nodes.indices.filter {
          staging.needed[$0] && !isLeaf($0) && region(of: $0) == [stage, batch]
        })
      current.regions.append(region(members, batch, exports, lanePlaces))
    }
    for sum in current.sums where begun?[sum.lane] != true {
      current.cleared.append((sum.lane, sum.count))
    }
    // As many lanes as give every thread work, in a number that shapes alone decide.
    if current.laneSize > 0 {
      let most = current.regions.map(\.tileCount).max() ?? 1
      current.lanes = min(max((1 << 18) / current.laneSize, 8), 32, max(most, 1))
    } else {
      current.lanes = current.regions.reduce(0) { $0 + $1.tileCount }
    }
  }

  private mutating func region(
    _ members: [Int], _ batch: Int, _ exports: Set<Int>, _ lanes: [Int: Int]
  ) -> Region {
    let samples = staging.counts[batch]!
    let isHere = Set(members)
    let plan = BlockPlan(recorder, members: members, exports: exports.intersection(isHere))
    let before = places
    // When each value is made, and when it is used last.
    var first: [Int: Int] = [:]
    var last: [Int: Int] = [:]
    for (time, work) in plan.work.enumerated() {
      for result in work.results where !BlockPlan<Scalar>.isAlias(nodes[result]) { first[result] = time }
      for value in readValues(of: work, in: plan) where first[root(value)] != nil { last[root(value)] = time }
    }
    var local: [Int] = []
    for (index, _) in first.sorted(by: { $0.value != $1.value ? $0.value < $1.value : $0.key < $1.key }) {
      if case .summed = staging.tilings[index] {
        places[index] = Place(memory: Place.Memory.lane, offset: lanes[accumulators[index]!]!)
      } else if exports.contains(index), staging.tilings[index] != .free {
        places[index] = sharedPlace(nodes[index].count, perSample: nodes[index].count / samples)
      } else {
        local.append(index)
      }
    }
    let graph = nodes
    let values = { (tile: Int) in
      local.map {
        ArenaPlan.Value(
          size: graph[$0].count / samples * tile, first: first[$0]!, last: last[$0] ?? first[$0]!)
      }
    }
    let tile = tileLength(
      samples: samples, arenaPerSample: ArenaPlan(values(1), alignment: 1).size, members: members)
    let arena = ArenaPlan(values(tile), alignment: 16)
    for (index, offset) in zip(local, arena.offsets) {
      places[index] = Place(memory: Place.Memory.tile, offset: offset)
    }
    var steps: [any ProgramStep<Scalar>] = []
    for work in plan.work { steps += self.steps(for: work, of: plan, in: batch, tile: tile) }
    for index in local { places[index] = before[index] }
    for index in members {
      if case .summed = staging.tilings[index] { places[index] = before[index] }
    }
    return Region(batch: batch, samples: samples, tile: tile, steps: steps, arena: arena.size)
  }

  /// Samples per tile: what a tile keeps fits the second-level cache, and products have enough rows to be quick.
  private func tileLength(samples: Int, arenaPerSample: Int, members: [Int]) -> Int {
    let cache = 640 * 1024 / MemoryLayout<Scalar>.stride
    var length = min(max(cache / max(arenaPerSample, 1), 1), 256)
    // Two threads and their lanes want several tiles each.
    var fair = max(samples / 16, 1)
    for member in members {
      guard case .matmul = nodes[member].primitive, nodes[member].shape.count == 2 else { continue }
      let operands = nodes[member].operands.map { nodes[$0].shape }
      let weights = min(operands[0].reduce(1, *), operands[1].reduce(1, *), nodes[member].count)
      guard weights > 16_384 else { continue }
      // Rows share the packing of a large matrix; a sample may have many of them.
      let rows = max(max(operands[0][0], nodes[member].shape[0]) / samples, 1)
      length = max(length, (256 + rows - 1) / rows)
      fair = max(fair, min((128 + rows - 1) / rows, samples / 4))
    }
    if length > 16 { length = length / 16 * 16 }
    return max(min(length, fair > 16 ? fair / 8 * 8 : fair, samples), 1)
  }

  // MARK: - Steps

  /// The values that a kernel call reads from memory.
  private func readValues(of work: BlockPlan<Scalar>.Work, in plan: BlockPlan<Scalar>) -> [Int] {
    switch work {
    case .single(let index): return nodes[index].operands
    case .fused(let members, let outputs):
      let kernel = kernel(members, outputs, plan)
      return kernel.inputs + kernel.repeated.map(\.value)
    }
  }

  private func kernel(_ members: [Int], _ outputs: [Int], _ plan: BlockPlan<Scalar>) -> FusedKernel {
    FusedKernel(
      members: members, outputs: outputs, nodes: nodes, number: recorder.number,
      access: { index in
        let node = nodes[index]
        guard case .broadcast = node.primitive, members.contains(index) || plan.isVirtual(index),
          let repetition = BlockPlan<Scalar>.repetition(of: nodes[node.operands[0]].shape, in: node.shape)
        else { return FusedKernel.Access(value: index, repetition: nil) }
        return FusedKernel.Access(value: node.operands[0], repetition: repetition)
      })
  }

  private func extent(_ length: Int, tiled: Bool, _ samples: Int) -> Extent {
    tiled ? Extent(perSample: length / samples) : Extent(fixed: length)
  }

  /// Where a step reads an operand. A value that all tiles share, with one entry per sample, is `cut`: tiles take their
  /// own rows of it.
  private func place(_ index: Int, cut batch: Int?) -> Place {
    var place = places[root(index)]!
    if let batch, place.memory != Place.Memory.tile, place.memory != Place.Memory.lane {
      place.perSample = nodes[index].count / staging.counts[batch]!
    }
    return place
  }

  /// Which operands of a primitive are read along with the samples of a batch.
  private func cutOperands(_ node: Recorder<Scalar>.Node) -> [Bool] {
    switch node.primitive {
    case .matmul(let transposeA, _) where node.shape.count == 2: [true, transposeA]
    case .convolution(_, let pass), .modalProduct(let pass): [true, pass == .weights]
    case .broadcast: [nodes[node.operands[0]].shape.first == node.shape.first]
    default: node.operands.map { _ in true }
    }
  }

  private mutating func steps(
    for work: BlockPlan<Scalar>.Work, of plan: BlockPlan<Scalar>, in batch: Int?, tile: Int
  ) -> [any ProgramStep<Scalar>] {
    switch work {
    case .fused(let members, let outputs):
      let kernel = kernel(members, outputs, plan)
      maximumSlots = max(maximumSlots, kernel.slotCount)
      maximumRegisters = max(maximumRegisters, kernel.scratchCount * kernel.block)
      let count = extent(
        nodes[outputs[0]].count, tiled: batch != nil, batch.map { staging.counts[$0]! } ?? 1)
      return [
        FusedStep<Scalar>(
          kernel, inputs: kernel.inputs.map { place($0, cut: batch) }, outputs: outputs.map { places[$0]! },
          repeated: kernel.repeated.map { access in
            let isCut = access.repetition!.each > 1 && access.repetition!.period == 1
            return place(access.value, cut: isCut ? batch : nil)
          }, count: count)
      ]
    case .single(let index): return single(index, in: batch, tile: tile)
    }
  }

  /// Whether a value is the first that goes into a sum, and is a product, which can write it.
  private mutating func begins(_ sum: Int, _ node: Recorder<Scalar>.Node) -> Bool {
    guard begun != nil, begun![sum] == nil else { return false }
    if case .matmul = node.primitive, node.shape.count == 2 {
      begun![sum] = true
    } else {
      begun![sum] = false
    }
    return begun![sum]!
  }

  private mutating func single(_ index: Int, in batch: Int?, tile: Int) -> [any ProgramStep<Scalar>] {
    let node = nodes[index]
    let samples = batch.map { staging.counts[$0]! } ?? 1
    let tiled = batch != nil
    let operands = zip(node.operands, cutOperands(node)).map { place($0, cut: $1 ? batch : nil) }
    let isSum = batch != nil && places[index]?.memory == Place.Memory.lane
    let isFirst = isSum && begins(places[index]!.offset, node)
    switch node.primitive {
    case .input, .constant, .reshape, .stopGradient: return []
    case .unary, .binary, .select: preconditionFailure("elementwise values are fused")
    case .matmul(let transposeA, let transposeB):
      let (a, b) = (nodes[node.operands[0]].shape, nodes[node.operands[1]].shape)
      let rank = node.shape.count
      let (rows, columns) = (node.shape[rank - 2], node.shape[rank - 1])
      let inner = transposeA ? a[rank - 2] : a[rank - 1]
      let stack = node.shape.dropLast(2).reduce(1, *)
      precondition(b.count == rank, "a product of shapes \(a) and \(b)")
      let isStack = rank > 2
      return [
        MatmulStep<Scalar>(
          a: operands[0], b: operands[1], c: places[index]!, transposeA: transposeA, transposeB: transposeB,
          batch: extent(stack, tiled: tiled && isStack, samples),
          rows: extent(rows, tiled: tiled && !isStack && !transposeA, samples),
          inner: extent(inner, tiled: tiled && !isStack && transposeA, samples), columns: columns,
          isAccumulating: isSum,
          isFirst: isFirst)
      ]
    case .sum(let axes):
      return [reduction(axes[0]...axes[axes.count - 1], node, operands[0], places[index]!, batch, isSum)]
    case .maximum(let axis):
      return [reduction(axis...axis, node, operands[0], places[index]!, batch, false, isMaximum: true)]
    case .broadcast, .transpose, .slice, .embed, .concatenate:
      return copies(index, node, operands, tiled, samples)
    case .gather(let indices):
      let inner = node.shape.dropFirst().reduce(1, *)
      return [
        IndexStep<Scalar>(
          source: operands[0], result: places[index]!, indices: indices, inner: inner, scattered: nil)
      ]
    case .scatter(let indices):
      let inner = node.shape.dropFirst().reduce(1, *)
      return [
        IndexStep<Scalar>(
          source: operands[0], result: places[index]!, indices: indices, inner: inner,
          scattered: node.shape[0])
      ]
    case .convolution(let shape, let pass):
      maximumScratch = max(maximumScratch, Scalar.convolutionScratch(shape, pass))
      return [
        ConvolutionStep<Scalar>(
          shape: shape, pass: pass, a: operands[0], b: operands[1], c: places[index]!,
          images: extent(shape.batch, tiled: tiled, samples), isAccumulating: isSum)
      ]
    case .modalProduct(let pass):
      let (a, b) = (nodes[node.operands[0]].shape, nodes[node.operands[1]].shape)
      return [
        ModalProductStep<Scalar>(
          pass: pass, a: operands[0], b: operands[1], c: places[index]!,
          batch: extent(a[0], tiled: tiled, samples), inputs: pass == .input ? b[0] : a[1], outputs: b[1],
          modes: a[3], isAccumulating: isSum)
      ]
    case .composite(let function):
      let columns = node.shape[node.shape.count - 1]
      let rows = columns == 0 ? 0 : node.count / columns
      maximumScratch = max(maximumScratch, function.scratch(rows: rows))
      return [
        CompositeStep<Scalar>(
          function: function, operands: operands, result: places[index]!,
          rows: extent(rows, tiled: tiled, samples), columns: columns)
      ]
    case .custom(let custom):
      maximumSlots = max(maximumSlots, operands.count)
      return [
        CustomStep<Scalar>(
          custom, operands: operands, result: places[index]!, shapes: node.operands.map { nodes[$0].shape },
          samples: tiled ? samples : nil, tile: tile)
      ]
    }
  }

  private func reduction(
    _ axes: ClosedRange<Int>, _ node: Recorder<Scalar>.Node, _ source: Place, _ result: Place, _ batch: Int?,
    _ isSum: Bool, isMaximum: Bool = false
  ) -> ReductionStep<Scalar> {
    let shape = nodes[node.operands[0]].shape
    let samples = batch.map { staging.counts[$0]! } ?? 1
    let outer = shape[..<axes.lowerBound].reduce(1, *)
    let reduced = shape[axes].reduce(1, *)
    let inner = shape[(axes.upperBound + 1)...].reduce(1, *)
    let tiled = batch != nil
    return ReductionStep<Scalar>(
      source: source, result: result, outer: extent(outer, tiled: tiled && axes.lowerBound > 0, samples),
      reduced: extent(reduced, tiled: tiled && axes.lowerBound == 0, samples), inner: inner,
      isMaximum: isMaximum, isAccumulating: isSum)
  }

  private func copies(
    _ index: Int, _ node: Recorder<Scalar>.Node, _ operands: [Place], _ tiled: Bool, _ samples: Int
  ) -> [any ProgramStep<Scalar>] {
    let own = rowMajor(node.shape)
    let total = extent(node.count, tiled: tiled, samples)
    func step(
      _ source: Place, _ result: Place, _ lengths: [Int], _ from: [Int], _ to: [Int],
      cleared: Extent = Extent()
    ) -> CopyStep<Scalar> {
      guard tiled, !lengths.isEmpty else {
        return CopyStep<Scalar>(
          source: source, result: result, first: Extent(fixed: 1), lengths: lengths.isEmpty ? [1] : lengths,
          sourceStrides: [0] + (from.isEmpty ? [1] : from), resultStrides: [0] + (to.isEmpty ? [1] : to),
          cleared: cleared)
      }
      return CopyStep<Scalar>(
        source: source, result: result, first: Extent(perSample: lengths[0] / samples),
        lengths: Array(lengths.dropFirst()), sourceStrides: from, resultStrides: to, cleared: cleared)
    }
    let result = places[index]!
    let shape = nodes[node.operands[0]].shape
    let strides = rowMajor(shape)
    switch node.primitive {
    case .broadcast:
      let missing = node.shape.count - shape.count
      let from = node.shape.indices.map { axis in
        axis < missing || shape[axis - missing] == 1 ? 0 : strides[axis - missing]
      }
      return [step(operands[0], result, node.shape, from, own)]
    case .transpose(let order):
      return [step(operands[0], result, node.shape, order.map { strides[$0] }, own)]
    case .slice(let axis, let start, let by):
      var (source, from) = (operands[0], strides)
      source.offset += start * strides[axis]
      from[axis] *= by
      return [step(source, result, node.shape, from, own)]
    case .embed(let axis, let start, let by):
      var (target, to) = (result, own)
      target.offset += start * own[axis]
      to[axis] *= by
      let clear = CopyStep<Scalar>(
        source: operands[0], result: result, first: Extent(fixed: 0), lengths: [1], sourceStrides: [0, 1],
        resultStrides: [0, 1], cleared: total)
      return [clear, step(operands[0], target, shape, strides, to)]
    case .concatenate(let axis):
      var start = 0
      return zip(node.operands, operands).map { operand, source in
        let part = nodes[operand].shape
        var target = result
        target.offset += start * own[axis]
        start += part[axis]
        return step(source, target, part, rowMajor(part), own)
      }
    default: preconditionFailure("\(node.primitive) is not a copy")
    }
  }

  private func rowMajor(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    return strides
  }
}
