import Equations
import Tensors

/// N of a bounded system: products and explicit terms on the grid, sources, and what changing boundary data bring about.
final class ExplicitPart: @unchecked Sendable {
  // Unchecked: one thread at a time runs it; inside its regions tiles write disjoint parts.

  private let system: BoundedSystem
  private let pool: WorkerPool
  private let boundary: BoundaryForcing?
  private let synthesis: FieldSynthesis
  private let analysis: FieldAnalysis
  private let hasProducts: Bool
  private let sourceFactors: Buffer<Double>
  private let frames: [PointwiseProgram.Frame]
  private let passes: [PointwiseProgram.Pass]
  private let inputs: [UnsafeMutablePointer<Double>]
  private var productRegion: ParallelRegion!
  private var liftRegion: ParallelRegion!
  private var current: UnsafeMutablePointer<Double>
  private var currentStride = 0

  /// Grid points of a tile of the pointwise pass.
  private static let tileSize = 4096

  init(_ system: BoundedSystem, pool: WorkerPool) {
    (self.system, self.pool) = (system, pool)
    let (structure, plan, workers) = (system.structure, system.plan, pool.threadCount)
    boundary =
      system.hasBoundaryData
      ? (try? BoundaryForcing(structure, solver: system.boundarySolver, workers: workers)) ?? nil : nil
    hasProducts = !plan.products.isEmpty
    let requests = plan.inputs.map { jet in
      FieldSynthesis.Request(variable: structure.variables.firstIndex(of: jet.unknown)!, orders: jet.orders)
    }
    synthesis = FieldSynthesis(structure, requests, boundary: boundary, workers: workers)
    analysis = FieldAnalysis(
      structure,
      plan.products.map { product in
        product.contributions.map {
          .init(variable: $0.row, coefficient: $0.coefficient, outer: $0.outer, isDividedByMass: true)
        }
      }, workers: workers)
    sourceFactors = Buffer(count: max(1, system.sources.count))
    let program = system.program
    frames = (0..<workers).map { _ in PointwiseProgram.Frame(for: program) }
    passes = frames.map { program.pass(on: $0) }
    inputs = synthesis.values + system.coefficientValues.map(\.pointer)
    current = synthesis.modes[0].pointer
    let points = structure.axes.reduce(1) { $0 * $1.points }
    let size = Self.tileSize
    productRegion = ParallelRegion(tiles: (points + size - 1) / size) { [unowned self] tile, worker in
      formProducts(tile * size, min(size, points - tile * size), worker)
    }
    let count = system.coefficientCount
    liftRegion = ParallelRegion(tiles: (count + 2 * size - 1) / (2 * size)) { [unowned self] tile, _ in
      takeModes(tile * 2 * size..<min((tile + 1) * 2 * size, count))
    }
  }

  /// Evaluates the products at a state; ``collect(into:stride:_:)`` then adds up N.
  func run(_ state: UnsafeMutablePointer<Double>, stride: Int, time: Double) {
    boundary?.update(time, pool)
    for (i, source) in system.sources.enumerated() {
      sourceFactors.pointer[i] = source.factor.value(time: time)
    }
    guard hasProducts else { return }
    (current, currentStride) = (state, stride)
    run(liftRegion)
    synthesis.run(pool)
    system.program.setTime(time)
    run(productRegion)
    analysis.run(pool)
  }

  private func run(_ region: ParallelRegion) {
    if region.tiles == 1 { region.runSerially() } else { pool.run(region) }
  }

  private func takeModes(_ range: Range<Int>) {
    for v in synthesis.modes.indices {
      let (modes, state) = (synthesis.modes[v].pointer, current + v * currentStride)
      if let boundary {
        let lift = boundary.lift[v]
        for i in range { modes[i] = state[i] - lift[i] }
      } else {
        (modes + range.lowerBound).update(from: state + range.lowerBound, count: range.count)
      }
    }
  }

  private func formProducts(_ first: Int, _ count: Int, _ worker: Int) {
    let pass = passes[worker]
    for (q, input) in inputs.enumerated() { pass.setInput(q, input + first) }
    for (p, field) in analysis.fields.enumerated() {
      frames[worker].setOutput(p, of: system.program, field.pointer + first)
    }
    pass.run(count: count)
  }

  /// N on some modes, after ``run(_:stride:time:)``.
  func collect(into nonlinear: UnsafeMutablePointer<Double>, stride: Int, _ modes: Range<Int>) {
    let scale = system.structure.isComplex ? 2 : 1
    let (first, n) = (scale * modes.lowerBound, scale * modes.count)
    for v in 0..<synthesis.modes.count {
      let out = nonlinear + v * stride + first
      if let products = analysis.modes[v] {
        out.update(from: products + first, count: n)
      } else {
        out.update(repeating: 0, count: n)
      }
      for (i, source) in system.sources.enumerated() {
        guard let modes = source.modes[v] else { continue }
        Double.axpy(sourceFactors.pointer[i], modes.pointer + first, out, count: n)
      }
      if let boundary { Double.axpy(1, boundary.source[v] + first, out, count: n) }
    }
  }
}
