import Algebra
import Equations
import Geometry
import Tensors

/// What the data of Chebyshev conditions do to the modes, at one time.
///
/// With modes v of the fields at the free points, the equations read v' = L v + N + s(t), where s is what L makes of the
/// data; it is large in the highest modes, where explicit stages would follow it badly. The steppers therefore carry
/// w = v + P s + P² s' with P = L⁻¹ (zero where L is nearly singular). With R = 1 − L P,
///
///     w' = L w + N + R s + R P s' + P² s''.
///
/// P s is minus the steady field that the data alone would bring about and P² s' what its change adds in first order, so
/// that only the smooth remainder is left to explicit stages.
final class BoundaryForcing: @unchecked Sendable {
  // Unchecked: tasks write disjoint memory, and one thread at a time updates.

  /// The data of one condition.
  struct SideData {
    var isUpper: Bool
    /// Data as the synthesis adds them to end values.
    var fillData: UnsafeMutablePointer<Double>
  }

  /// P s + P² s' of each variable, of the current time.
  let lift: [UnsafeMutablePointer<Double>]
  /// R s + R P s' + P² s'' of each variable, of the current time.
  let source: [UnsafeMutablePointer<Double>]
  /// Whether anything changes with time.
  let isSteady: Bool

  private let structure: BoundedStructure
  private var data: [DataLine] = []
  private let transforms = TaskSequence()
  private let assembly = TaskSequence()
  private var owned: [Buffer<Double>] = []
  private var currentTime: Double?

  /// Nil when all data vanish.
  init?(_ structure: BoundedStructure, solver: BoundarySolver, workers: Int) throws {
    self.structure = structure
    var data: [DataLine] = []
    for (v, unknown) in structure.variables.enumerated() {
      for axis in structure.axes where axis.basis == .chebyshev {
        for isUpper in [false, true] {
          let side = Side(axis.axis, upper: isUpper)
          guard let entry = structure.conditions[unknown, side], !entry.data.isZero else { continue }
          data.append(try DataLine(structure, variable: v, side: side, formula: entry.data, workers: workers))
        }
      }
    }
    if data.isEmpty { return nil }
    self.data = data
    isSteady = data.allSatisfy(\.isSteady)
    for i in 0..<(data.map(\.stages.count).max() ?? 0) {
      transforms.add(data.filter { $0.stages.count > i }.flatMap { $0.stages[i] })
    }
    let count = ArrayShape(structure.modeShape, structure.isComplex ? 2 : 1).count
    var memory: [[Buffer<Double>]] = []
    for _ in 0..<5 { memory.append(structure.variables.map { _ in Buffer(count: max(1, count)) }) }
    owned = memory.flatMap { $0 }
    lift = memory[0].map(\.pointer)
    source = memory[1].map(\.pointer)
    assembly.add([
      ForcingTask(
        structure, solver, data, forcing: memory[2...].map { $0.map(\.pointer) }, lift: lift, source: source)
    ])
  }

  /// The data on the sides of one axis for a variable.
  func sides(_ variable: Int, _ axis: Int) -> [SideData] {
    data.filter { $0.variable == variable && $0.side.axis.rawValue == axis }
      .map { SideData(isUpper: $0.side.isUpper, fillData: $0.fillData) }
  }

  /// - Throws: ``EquationError`` when data or their first two time derivatives are not finite at a time.
  func checkFinite(at time: Double) throws {
    for line in data {
      line.evaluate(time)
      guard let order = line.firstOrderThatIsNotFinite else { continue }
      let unknown = structure.variables[line.variable]
      let text = structure.conditions[unknown, line.side]?.text ?? ""
      let what = ["value", "first time derivative", "second time derivative"][order]
      throw EquationError(
        "the \(what) of the condition '\(text)' on the \(line.side.name) side is not finite at t = \(time): correct the "
          + "formula")
    }
  }

  /// Brings everything to a time. Allocates nothing.
  func update(_ time: Double, _ pool: WorkerPool) {
    if currentTime == time || (isSteady && currentTime != nil) { return }
    currentTime = time
    for line in data { line.evaluate(time) }
    transforms.run(pool)
    assembly.run(pool)
  }
}

/// The data of one condition and their first two time derivatives, evaluated and transformed.
final class DataLine: @unchecked Sendable {
  // Unchecked: one thread at a time evaluates; the tasks write disjoint memory.

  let variable: Int
  let side: Side
  let isSteady: Bool
  /// For the synthesis: values at the points of earlier Chebyshev axes, modes of the later ones and of waves.
  private(set) var fillData: UnsafeMutablePointer<Double>
  /// Modes along all other axes of the data and of their time derivatives.
  private(set) var modes: [UnsafeMutablePointer<Double>]
  private(set) var stages: [[any GridTask]] = []

  private let program: PointwiseProgram
  private let frame: PointwiseProgram.Frame
  private let count: Int
  /// The data and their first two time derivatives, as evaluated.
  private var values: [UnsafeMutablePointer<Double>] = []
  private var owned: [Buffer<Double>] = []

  init(_ structure: BoundedStructure, variable: Int, side: Side, formula: Node, workers: Int) throws {
    (self.variable, self.side) = (variable, side)
    isSteady = !formula.dependsOnTime
    let axes = structure.axes
    let interval = axes[side.axis.rawValue].interval
    let position = Node.constant(side.isUpper ? interval.upper : interval.lower)
    let onSide = formula.replacingTerminals { $0 == .coordinate(side.axis) ? position : nil }

    // Sampled on the grid along waves and at the collocation points along Chebyshev axes.
    let coordinates = axes.map { axis in
      axis.axis == side.axis ? [0] : axis.basis == .chebyshev ? axis.nodes.points : axis.coordinates
    }
    var shape = coordinates.map(\.count)
    let count = shape.reduce(1, *)
    self.count = count
    let others = axes.indices.filter { $0 != side.axis.rawValue }
    let rate = try onSide.differentiated(.time)
    program = try PointwiseProgram(
      [onSide, rate, try rate.differentiated(.time)], inputs: others.map { .coordinate(axes[$0].axis) })
    frame = PointwiseProgram.Frame(for: program)
    var owned: [Buffer<Double>] = []
    func memory(_ count: Int) -> UnsafeMutablePointer<Double> {
      let buffer = Buffer<Double>(count: max(1, count))
      owned.append(buffer)
      return buffer.pointer
    }
    for (i, a) in others.enumerated() {
      let values = memory(count)
      let inner = shape[(a + 1)...].reduce(1, *)
      for j in 0..<count { values[j] = coordinates[a][j / inner % shape[a]] }
      frame.setInput(i, values)
    }
    var fields = (0..<3).map { _ in memory(count) }
    for (i, field) in fields.enumerated() { frame.setOutput(i, of: program, field) }
    values = fields

    var scale = 1
    for a in FieldSynthesis.order(axes).reversed() where axes[a].basis.isTrigonometric {
      let axis = axes[a]
      let before = shape
      shape[a] = axis.extent
      let beforeScale = scale
      if axis.isHalf { scale = 2 }
      let outputs = fields.map { _ in memory(ArrayShape(shape, scale).count) }
      stages.append(
        zip(fields, outputs).map { input, output -> any GridTask in
          axis.basis == .fourier
            ? FourierWaveTask(
              axis, toGrid: false, ArrayShape(before, 1).line(a), workers: workers, from: input, to: output)
            : ReflectedWaveTask.analysis(
              axis, parity: axis.basis.parity!, ArrayShape(before, beforeScale).line(a), workers: workers,
              from: input, to: output)
        })
      fields = outputs
    }
    // Later Chebyshev axes first: the synthesis goes through the axes in order and has not reached those yet.
    var fill = fields[0]
    for a in others.reversed() where axes[a].basis == .chebyshev {
      let before = shape
      shape[a] = structure.modeShape[a]
      let matrix = structure.lines[a][variable].analysisMatrix(modes: shape[a])
      let outputs = fields.map { _ in memory(ArrayShape(shape, scale).count) }
      stages.append(
        zip(fields, outputs).map { input, output in
          matrix.task(ArrayShape(before, scale).line(a), workers: workers, from: input, to: output)
        })
      fields = outputs
      if a > side.axis.rawValue { fill = fields[0] }
    }
    (fillData, modes) = (fill, fields)
    self.owned = owned
  }

  /// The lowest order of a time derivative that has an infinite value or none, after ``evaluate(_:)``.
  var firstOrderThatIsNotFinite: Int? {
    values.firstIndex { field in (0..<count).contains { !field[$0].isFinite } }
  }

  /// Evaluates the data at a time.
  func evaluate(_ time: Double) {
    program.setTime(time)
    program.pass(on: frame).run(count: count)
  }
}
