import Algebra
import Tensors

/// The inverse of a sum of two Kronecker products, (A₁ + λ) ⊗ (B₁ + λ) + (A₂ + λ) ⊗ (B₂ + λ), or of the first alone, for every
/// affine map of a model: by bases in which A₁ + λ becomes the identity and A₂ + λ a diagonal, and the same of B (Dangel,
/// Müller and Zeinhofer, NeurIPS 2024).
///
///     K (A₁ + λ) Kᵀ = I,   K (A₂ + λ) Kᵀ = diag(s)
///
/// K comes from two symmetric eigenproblems in doubles. Eigenvalues of A₁ and B₁ below a part of the largest are taken as that
/// part: where both are small, their product would else be lost in the rounding of gradients, which the inverse enlarges.
final class KroneckerSum: @unchecked Sendable {
  // Unchecked: operands are written by the owner between regions, and every unit writes to its own part of memory.

  /// One side of one map: where its factors and its basis lie. Of diagonal factors, K is diagonal and s the ratios.
  private struct Side {
    let order: Int
    let isDiagonal: Bool
    let first: Int
    let second: Int?
    let basis: Int
    let values: Int
    let cost: Int
  }

  /// Numbers of all bases and of all s.
  let basisCount: Int
  /// The part of the largest eigenvalue that is the smallest.
  private let smallest: Double
  private let layers: [AffineLayer]
  private let sides: [Side]
  /// Where the matrix of a map begins in room for all.
  private let starts: [Int]
  private let room, spare: Buffer<Double>
  /// Room for a product by side, laid out as the bases are.
  private let products: Buffer<Double>
  private let workspaces: [FactorWorkspace]
  private let field = MatrixField(isComplex: false)
  private var preparing, applying: UnitPass?

  private var damping = 0.0
  private var factors: UnsafePointer<Double>?
  private var bases: UnsafeMutablePointer<Double>?
  private var gradient: UnsafePointer<Double>?
  private var direction: UnsafeMutablePointer<Double>?
  /// Whether a side has been prepared.
  private let isPrepared: Buffer<Bool>

  /// Room for the factors of a layout of one or two groups.
  init(_ layout: LayerFactorLayout, smallest: Double) {
    precondition((1...2).contains(layout.groups.count), "a sum of \(layout.groups.count) Kronecker products")
    (layers, self.smallest) = (layout.layers, smallest)
    var (sides, start): ([Side], Int) = ([], 0)
    for layer in layout.layers.indices {
      for isInput in [true, false] {
        func factor(_ group: Int) -> LayerFactorLayout.Factor {
          isInput ? layout.inputs(group, layer) : layout.outputs(group, layer)
        }
        let own = factor(0)
        let order = own.order
        sides.append(
          Side(
            order: order, isDiagonal: own.isDiagonal, first: own.start,
            second: layout.groups.count > 1 ? factor(1).start : nil, basis: start, values: start + own.count,
            cost: own.isDiagonal ? order : 25 * order * order * order))
        start += own.count + order
      }
    }
    (self.sides, basisCount) = (sides, start)
    var (starts, total) = ([Int](), 0)
    for layer in layers {
      starts.append(total)
      total += layer.inputOrder * layer.outputs
    }
    self.starts = starts
    (room, spare) = (Buffer(count: max(total, 1)), Buffer(count: max(total, 1)))
    products = Buffer(count: max(basisCount, 1))
    isPrepared = Buffer(count: max(sides.count, 1))
    workspaces = FactorWorkspace.perWorker(
      orders: sides.filter { !$0.isDiagonal }.map { (order: $0.order, field: MatrixField(isComplex: false)) })
    preparing = UnitPass(costs: sides.map(\.cost)) { [unowned self] side, worker in
      isPrepared.pointer[side] = prepare(self.sides[side], workspaces[worker])
    }
    let costs = zip(layers, layers.indices).map { layer, index in
      layer.inputOrder * layer.outputs * 2 * (layer.inputOrder + layer.outputs)
    }
    applying = UnitPass(costs: costs) { [unowned self] layer, _ in apply(layer) }
  }

  // MARK: - Bases

  /// Makes the bases of all factors. Returns whether all could be made; those that could not are as they were.
  func prepare(
    _ factors: UnsafePointer<Double>, damping: Double, into bases: UnsafeMutablePointer<Double>
  ) -> Bool {
    (self.factors, self.bases, self.damping) = (factors, bases, damping)
    preparing!.run()
    return sides.indices.allSatisfy { isPrepared.pointer[$0] }
  }

  private func prepare(_ side: Side, _ room: FactorWorkspace) -> Bool {
    let (n, first, bases) = (side.order, factors! + side.first, bases!)
    let (basis, values) = (bases + side.basis, bases + side.values)
    let second = side.second.map { factors! + $0 }
    if side.isDiagonal {
      var largest = 0.0
      for i in 0..<n { largest = max(largest, first[i]) }
      for i in 0..<n {
        let own = max(first[i], smallest * largest) + damping
        basis[i] = 1 / own.squareRoot()
        values[i] = second.map { ($0[i] + damping) / own } ?? 0
      }
      return true
    }
    let (matrix, whitener, spectrum) = (room.first.pointer, room.second.pointer, room.values.pointer)
    matrix.update(from: first, count: n * n)
    guard room.eigen(field, order: n, matrix, vectors: whitener, values: spectrum) else { return false }
    let floor = smallest * max(spectrum[n - 1], 0)
    for k in 0..<n {
      spectrum[k] = max(spectrum[k], floor) + damping
      Double.scale(whitener + k * n, by: 1 / spectrum[k].squareRoot(), count: n)
    }
    guard let second else {
      basis.update(from: whitener, count: n * n)
      values.update(repeating: 0, count: n)
      return true
    }
    let product = products.pointer + side.basis
    field.multiply(n, n, n, whitener, n, second, n, product, n)
    field.multiply(n, n, n, product, n, whitener, n, timesAdjoint: true, matrix, n)
    // The whitener's rows are eigenvectors over roots, so that λ adds to the diagonal alone.
    for k in 0..<n { matrix[k * (n + 1)] += damping / spectrum[k] }
    guard room.eigen(field, order: n, matrix, vectors: product, values: spectrum) else { return false }
    field.multiply(n, n, n, product, n, whitener, n, basis, n)
    for k in 0..<n { values[k] = max(spectrum[k], 0) }
    return true
  }

  // MARK: - Product

  /// Writes the inverse times a gradient for the parameters of all maps, in the bases made last.
  func apply(
    _ bases: UnsafePointer<Double>, to gradient: UnsafePointer<Double>,
    into direction: UnsafeMutablePointer<Double>
  ) {
    self.bases = UnsafeMutablePointer(mutating: bases)
    (self.gradient, self.direction) = (gradient, direction)
    applying!.run()
  }

  private func apply(_ index: Int) {
    let layer = layers[index]
    let (left, right) = (sides[2 * index], sides[2 * index + 1])
    let (m, n, inputs) = (left.order, right.order, layer.inputs)
    let (x, y) = (room.pointer + starts[index], spare.pointer + starts[index])
    x.update(from: gradient! + layer.weight.lowerBound, count: inputs * n)
    if let bias = layer.bias { (x + inputs * n).update(from: gradient! + bias.lowerBound, count: n) }
    multiply(left, x, y, m, n, isLeft: true, isTransposed: false)
    multiply(right, y, x, m, n, isLeft: false, isTransposed: true)
    let (s, t) = (bases! + left.values, bases! + right.values)
    for i in 0..<m {
      let row = x + i * n
      for j in 0..<n { row[j] /= 1 + s[i] * t[j] }
    }
    multiply(left, x, y, m, n, isLeft: true, isTransposed: true)
    multiply(right, y, x, m, n, isLeft: false, isTransposed: false)
    (direction! + layer.weight.lowerBound).update(from: x, count: inputs * n)
    if let bias = layer.bias { (direction! + bias.lowerBound).update(from: x + inputs * n, count: n) }
  }

  /// out = op(K) x, or x op(K) from the right.
  private func multiply(
    _ side: Side, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, _ m: Int, _ n: Int,
    isLeft: Bool, isTransposed: Bool
  ) {
    let basis = UnsafePointer(bases! + side.basis)
    if side.isDiagonal {
      for i in 0..<m { for j in 0..<n { out[i * n + j] = basis[isLeft ? i : j] * x[i * n + j] } }
    } else if isLeft {
      field.multiply(m, n, m, basis, m, adjoint: isTransposed, x, n, out, n)
    } else {
      field.multiply(m, n, n, x, n, basis, n, timesAdjoint: isTransposed, out, n)
    }
  }
}
