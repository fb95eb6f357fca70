import Equations
import Geometry
import Tensors

/// Jets of the variables on the grid from their modes.
///
/// Chebyshev axes go first: modes to values at the collocation points, where boundary data enter, and from there to
/// derivatives on the grid. Waves follow, the real transform last. Jets share what they have in common.
final class FieldSynthesis: @unchecked Sendable {
  // Unchecked: tasks write disjoint memory, and one thread at a time runs the sequence.

  /// A derivative of a variable.
  struct Request: Hashable {
    var variable: Int
    var orders: MultiIndex
  }

  /// The modes of each variable, to be written before the sequence runs.
  let modes: [Buffer<Double>]
  /// After the sequence ran: per variable the values at collocation points along Chebyshev axes, as modes of waves.
  private(set) var mixed: [UnsafeMutablePointer<Double>] = []
  /// After the sequence ran: values of each request on the grid.
  private(set) var values: [UnsafeMutablePointer<Double>] = []
  private let sequence = TaskSequence()
  private var owned: [Buffer<Double>] = []

  init(_ structure: BoundedStructure, _ requests: [Request], boundary: BoundaryForcing?, workers: Int) {
    let axes = structure.axes
    let scale = structure.isComplex ? 2 : 1
    modes = structure.variables.map { _ in Buffer(count: scale * structure.modeCount) }
    var shape = structure.modeShape
    mixed = modes.map(\.pointer)

    for a in axes.indices where axes[a].basis == .chebyshev {
      let line = ArrayShape(shape, scale).line(a)
      shape[a] = axes[a].extent
      var (tasks, fills): ([any GridTask], [any GridTask]) = ([], [])
      var known: [EndConditions: LineMatrix] = [:]
      for v in structure.variables.indices {
        let modes = structure.modeShape[a]
        let own = structure.lines[a][v]
        let matrix = known[own.conditions] ?? own.synthesisMatrix(modes: modes)
        known[own.conditions] = matrix
        let output = memory(ArrayShape(shape, scale).count)
        tasks.append(matrix.task(line, workers: workers, from: mixed[v], to: output))
        mixed[v] = output
        for side in boundary?.sides(v, a) ?? [] {
          fills.append(
            FillTask(
              output, count: axes[a].extent, line, data: side.fillData,
              factors: [own.fill[0][side.isUpper ? 1 : 0], own.fill[1][side.isUpper ? 1 : 0]]))
        }
      }
      sequence.add(tasks)
      // Data of both sides add to the same points.
      for fill in fills { sequence.add([fill]) }
    }

    // Requests that agree on the axes done so far share an array.
    var arrays: [Request: UnsafeMutablePointer<Double>] = [:]
    for v in structure.variables.indices { arrays[Request(variable: v, orders: .zero)] = mixed[v] }
    var done = MultiIndex.zero
    var realScale = scale
    for a in Self.order(axes) {
      let axis = axes[a]
      done[axis.axis] = 1
      let before = shape
      shape[a] = axis.points
      let afterScale = axis.isHalf ? 1 : realScale
      var next: [Request: UnsafeMutablePointer<Double>] = [:]
      var tasks: [any GridTask] = []
      var matrices: [Int: LineMatrix] = [:]
      for request in requests {
        let key = request.masked(by: done)
        if next[key] != nil { continue }
        var source = key
        source.orders[axis.axis] = 0
        let input = arrays[source]!
        let order = request.orders[axis.axis]
        if axis.basis == .chebyshev {
          next[key] = input
          let task = axis.derivativeTask(
            order: order, toGrid: true, ArrayShape(before, realScale).line(a), workers: workers,
            known: &matrices,
            from: input
          ) {
            next[key] = memory(ArrayShape(shape, afterScale).count)
            return next[key]!
          }
          if let task { tasks.append(task) }
        } else {
          let output = memory(ArrayShape(shape, afterScale).count)
          if axis.basis == .fourier {
            tasks.append(
              FourierWaveTask(
                axis, toGrid: true, order: order, ArrayShape(before, 1).line(a), workers: workers,
                from: input,
                to: output))
          } else {
            tasks.append(
              ReflectedWaveTask.synthesis(
                axis, order: order, ArrayShape(before, realScale).line(a), workers: workers, from: input,
                to: output))
          }
          next[key] = output
        }
      }
      realScale = afterScale
      sequence.add(tasks)
      arrays = next
    }
    values = requests.map { arrays[$0]! }
  }

  /// Chebyshev axes, complex waves, reflected waves, and the real Fourier transform.
  static func order(_ axes: [BoundedAxis]) -> [Int] {
    axes.indices.filter { axes[$0].basis == .chebyshev }
      + axes.indices.filter { axes[$0].basis == .fourier && !axes[$0].isHalf }
      + axes.indices.filter { axes[$0].basis.isReflecting } + axes.indices.filter { axes[$0].isHalf }
  }

  private func memory(_ count: Int) -> UnsafeMutablePointer<Double> {
    let buffer = Buffer<Double>(count: max(1, count))
    owned.append(buffer)
    return buffer.pointer
  }

  /// Computes everything from `modes`.
  func run(_ pool: WorkerPool) { sequence.run(pool) }
}

extension FieldSynthesis.Request {
  /// Orders on the axes marked in `mask` only.
  func masked(by mask: MultiIndex) -> Self {
    Self(
      variable: variable, orders: MultiIndex(orders.x * mask.x, orders.y * mask.y, orders.z * mask.z))
  }
}

/// A row-major array of one to three axes whose elements are `scale` numbers.
struct ArrayShape {
  var counts: [Int]
  var scale: Int

  init(_ counts: [Int], _ scale: Int) { (self.counts, self.scale) = (counts, scale) }

  var count: Int { counts.reduce(scale, *) }

  /// The array as lines along axis `a`.
  func line(_ a: Int) -> LineShape {
    LineShape(outer: counts[..<a].reduce(1, *), inner: counts[(a + 1)...].reduce(scale, *))
  }
}
