import Equations
import Geometry
import Tensors

/// Modes of the variables from fields on the grid: the way back of ``FieldSynthesis``.
final class FieldAnalysis: @unchecked Sendable {
  // Unchecked: tasks write disjoint memory, and one thread at a time runs the sequence.

  /// coefficient · ∂ᵅ of a field goes to a variable, divided by the mass of its equation with the opposite sign if
  /// asked for.
  struct Term {
    var variable: Int
    var coefficient: Double
    var outer: MultiIndex
    var isDividedByMass: Bool
  }

  /// Fields on the grid, to be written before the sequence runs.
  let fields: [Buffer<Double>]
  /// After the sequence ran: the modes of each variable; nil where no field enters.
  private(set) var modes: [UnsafeMutablePointer<Double>?]
  private let sequence = TaskSequence()
  private var owned: [Buffer<Double>] = []

  /// - Parameter terms: For each field where it goes.
  init(_ structure: BoundedStructure, _ terms: [[Term]], workers: Int) {
    let axes = structure.axes
    let points = axes.map(\.points)
    fields = terms.map { _ in Buffer(count: ArrayShape(points, 1).count) }
    modes = structure.variables.map { _ in nil }
    var shape = points
    var scale = 1
    // A field and the Chebyshev derivatives taken of it so far.
    var arrays: [FieldSynthesis.Request: UnsafeMutablePointer<Double>] = [:]
    for (f, field) in fields.enumerated() { arrays[.init(variable: f, orders: .zero)] = field.pointer }
    var done = MultiIndex.zero

    for a in FieldSynthesis.order(axes).reversed() {
      let axis = axes[a]
      let before = shape
      shape[a] = axis.extent
      let beforeScale = scale
      if axis.isHalf { scale = 2 }
      var tasks: [any GridTask] = []
      var matrices: [Int: LineMatrix] = [:]
      var next: [FieldSynthesis.Request: UnsafeMutablePointer<Double>] = [:]
      if axis.basis == .chebyshev { done[axis.axis] = 1 }
      for (f, list) in terms.enumerated() {
        for term in list {
          let key = FieldSynthesis.Request(variable: f, orders: term.outer).masked(by: done)
          if next[key] != nil { continue }
          var source = key
          source.orders[axis.axis] = 0
          let input = arrays[source]!
          let order = term.outer[axis.axis]
          if axis.basis == .chebyshev {
            next[key] = input
            let task = axis.derivativeTask(
              order: order, toGrid: false, ArrayShape(before, scale).line(a), workers: workers,
              known: &matrices,
              from: input
            ) {
              next[key] = memory(ArrayShape(shape, scale).count)
              return next[key]!
            }
            if let task { tasks.append(task) }
            continue
          }
          let output = memory(ArrayShape(shape, scale).count)
          next[key] = output
          if axis.basis == .fourier {
            tasks.append(
              FourierWaveTask(
                axis, toGrid: false, ArrayShape(before, 1).line(a), workers: workers, from: input, to: output)
            )
          } else {
            tasks.append(
              ReflectedWaveTask.analysis(
                axis, parity: axis.basis.parity!.differentiated(order),
                ArrayShape(before, beforeScale).line(a),
                workers: workers, from: input, to: output))
          }
        }
      }
      sequence.add(tasks)
      arrays = next
    }

    // Sums per variable, with the derivatives along waves.
    var sums: [any GridTask] = []
    for v in structure.variables.indices {
      var parts: [AccumulateTask.Part] = []
      for (f, list) in terms.enumerated() {
        for term in list where term.variable == v {
          let source = FieldSynthesis.Request(variable: f, orders: term.outer).masked(by: done)
          parts.append(
            AccumulateTask.Part(
              input: arrays[source]!, symbol: MixedSymbol(structure, term)))
        }
      }
      if parts.isEmpty { continue }
      let output = memory(ArrayShape(shape, scale).count)
      modes[v] = output
      sums.append(AccumulateTask(parts, count: shape.reduce(1, *), isComplex: scale == 2, to: output))
    }
    sequence.add(sums)

    for a in axes.indices where axes[a].basis == .chebyshev {
      let line = ArrayShape(shape, scale).line(a)
      shape[a] = structure.modeShape[a]
      var tasks: [any GridTask] = []
      var known: [EndConditions: LineMatrix] = [:]
      for v in structure.variables.indices {
        guard let input = modes[v] else { continue }
        let output = memory(ArrayShape(shape, scale).count)
        let own = structure.lines[a][v]
        let matrix = known[own.conditions] ?? own.analysisMatrix(modes: shape[a])
        known[own.conditions] = matrix
        tasks.append(matrix.task(line, workers: workers, from: input, to: output))
        modes[v] = output
      }
      sequence.add(tasks)
    }
  }

  private func memory(_ count: Int) -> UnsafeMutablePointer<Double> {
    let buffer = Buffer<Double>(count: max(1, count))
    owned.append(buffer)
    return buffer.pointer
  }

  /// Computes `modes` from `fields`.
  func run(_ pool: WorkerPool) { sequence.run(pool) }
}

/// A factor per element of an array that holds values at collocation points and modes of waves.
struct MixedSymbol {
  /// The factor of all elements, where it is one real number.
  let constant: Double?
  /// One factor per element, real or interleaved complex as the array is.
  let values: Buffer<Double>?

  /// coefficient · ∂ᵅ along the wave axes of a field with the parity that makes this fit the basis, divided by the mass.
  init(_ structure: BoundedStructure, _ term: FieldAnalysis.Term) {
    let mass = structure.evolution.rows[term.variable].mass
    let waves = structure.axes.filter { $0.basis.isTrigonometric }
    let isPlain = !term.isDividedByMass || mass.allSatisfy { $0.orders == .zero }
    if isPlain && waves.allSatisfy({ term.outer[$0.axis] == 0 }) {
      constant = term.coefficient / (term.isDividedByMass ? -mass.reduce(0) { $0 + $1.coefficient } : 1)
      values = nil
      return
    }
    constant = nil
    let extents = structure.axes.map(\.extent)
    let count = extents.reduce(1, *)
    let isComplex = structure.isComplex
    let buffer = Buffer<Double>(count: isComplex ? 2 * count : count)
    var indices = Array(repeating: 0, count: extents.count)
    for m in 0..<count {
      var rest = m
      for a in extents.indices.reversed() {
        (rest, indices[a]) = rest.quotientAndRemainder(dividingBy: extents[a])
      }
      var value = Complex(term.coefficient)
      for (a, axis) in structure.axes.enumerated() where axis.basis.isTrigonometric {
        let order = term.outer[axis.axis]
        if order == 0 { continue }
        value *= axis.symbol(order, indices[a], parity: axis.basis.parity?.differentiated(order))
      }
      if term.isDividedByMass { value *= structure.inverseMass(term.variable, indices) }
      if isComplex {
        buffer.pointer[2 * m] = value.real
        buffer.pointer[2 * m + 1] = value.imaginary
      } else {
        buffer.pointer[m] = value.real
      }
    }
    values = buffer
  }
}

/// A sum of arrays with a factor per element.
final class AccumulateTask: GridTask, @unchecked Sendable {
  // Unchecked: tiles write disjoint parts of the output.

  struct Part {
    var input: UnsafeMutablePointer<Double>
    var symbol: MixedSymbol
  }

  private let parts: [Part]
  private let count: Int
  private let isComplex: Bool
  private let output: UnsafeMutablePointer<Double>
  private static let size = 8192
  let tiles: Int
  var cost: Int { parts.count * count }

  /// - Parameter count: Elements, complex ones where the array is complex.
  init(_ parts: [Part], count: Int, isComplex: Bool, to output: UnsafeMutablePointer<Double>) {
    (self.parts, self.count, self.isComplex, self.output) = (parts, count, isComplex, output)
    tiles = (count + Self.size - 1) / Self.size
  }

  func run(_ tile: Int, _ worker: Int) {
    let scale = isComplex ? 2 : 1
    let (first, end) = (tile * Self.size, min((tile + 1) * Self.size, count))
    let (out, n) = (output + scale * first, end - first)
    for (i, part) in parts.enumerated() {
      let input = part.input + scale * first
      if let constant = part.symbol.constant {
        if i == 0 {
          for j in 0..<scale * n { out[j] = constant * input[j] }
        } else {
          for j in 0..<scale * n { out[j] += constant * input[j] }
        }
      } else if isComplex {
        Double.multiplyComplex(
          out, symbol: part.symbol.values!.pointer + 2 * first, input, count: n, accumulating: i > 0)
      } else {
        let symbol = part.symbol.values!.pointer + first
        if i == 0 {
          for j in 0..<n { out[j] = symbol[j] * input[j] }
        } else {
          for j in 0..<n { out[j] += symbol[j] * input[j] }
        }
      }
    }
  }
}
