import Tensors

extension GridCoefficients {
  /// The axes along which the next level is coarser.
  ///
  /// Errors along a weakly coupled axis are not smoothed by a point smoother, so such an axis is kept until the others
  /// have become as coarse. Nothing is coarsened once the grid is small.
  func coarsenedAxes(coarsest: Int) -> [Bool] {
    let counts = counts
    guard counts.reduce(1, *) > coarsest else { return [false, false, false] }
    let strengths = (0..<3).map { counts[$0] > 1 ? strength(axis: $0) : 0 }
    let largest = strengths.max()!
    // An anisotropy of 2 to 3 costs a point smoother little, and less than a further level.
    return (0..<3).map { counts[$0] > 1 && strengths[$0] >= 0.4 * largest && largest > 0 }
  }

  /// The mean coupling along an axis.
  private func strength(axis: Int) -> Double {
    switch self {
    case .separable(let axes, _):
      let faces = axes[axis].faces.dropFirst().dropLast()
      return faces.reduce(0, +) / Double(max(faces.count, 1)) * Double(axes[axis].count)
        / axes[axis].mass.reduce(0, +)
    case .faces(let arrays):
      guard let faces = arrays.faces[axis] else { return 0 }
      return faces.elements.reduce(0, +) / Double(faces.count)
    }
  }

  /// The next level, and the transfers to it.
  func coarsened(_ directions: [Bool]) -> (GridCoefficients, [GridTransfer]) {
    switch self {
    case .separable(let axes, let reaction):
      let transfers = (0..<3).map { GridTransfer(axes[$0], coarsens: directions[$0], normalized: true) }
      let coarse = (0..<3).map { SeparableAxis(coarsening: axes[$0], by: transfers[$0]) }
      return (.separable(coarse, reaction: reaction), transfers)
    case .faces(let arrays):
      let transfers = (0..<3).map {
        GridTransfer(arrays.geometry[$0], coarsens: directions[$0], normalized: false)
      }
      return (.faces(arrays.coarsened(by: transfers)), transfers)
    }
  }

  /// The largest diagonal element.
  var largestDiagonal: Double {
    switch self {
    case .separable(let axes, let reaction):
      return axes.reduce(reaction) { $0 + ($1.couplings.diagonal.max() ?? 0) }
    case .faces(let arrays):
      let largest = arrays.faces.reduce(0.0) { sum, faces in
        sum + 2 * (faces.map { Double.maximum($0.pointer, count: $0.count) } ?? 0)
      }
      return largest + (arrays.shift.map { Double.maximum($0.pointer, count: $0.count) } ?? 0)
    }
  }

  /// The inverse of the operator times `scale` as a dense matrix in single precision, the pseudo-inverse where constants
  /// are in its null space.
  func denseInverse(scale: Double) throws(FactorizationError) -> Buffer<Float> {
    let stencil = GridStencil<Double>(self, scale: scale)
    let n = stencil.planeSize * stencil.planes
    var matrix = Matrix<Double>(rows: n, columns: n)
    let (unit, image) = (Buffer<Double>(count: n), Buffer<Double>(count: n))
    var masses = [Double](repeating: 1, count: n)
    if case .separable(let axes, _) = self {
      for i in 0..<n {
        masses[i] =
          axes[0].mass[i % axes[0].count] * axes[1].mass[i / axes[0].count % axes[1].count]
          * axes[2].mass[i / stencil.planeSize]
      }
    }
    for j in 0..<n {
      unit.pointer[j] = 1
      for z in 0..<stencil.planes {
        let offset = stencil.planeSize * z
        Double.gridApply(
          stencil.plane(z), image.pointer + offset, unit.pointer + offset,
          below: stencil.neighbour(unit.pointer, z, -1), above: stencil.neighbour(unit.pointer, z, 1))
      }
      unit.pointer[j] = 0
      for i in 0..<n { matrix[i, j] = masses[i] * image.pointer[i] }
    }
    let inverse = try SymmetricPseudoInverse(matrix).matrix
    let result = Buffer<Float>(uninitialized: n * n)
    for i in 0..<n { for j in 0..<n { result.pointer[i * n + j] = Float(inverse[i, j] * masses[j]) } }
    return result
  }
}
