/// How states at faces are made from cell averages.
public enum Reconstruction: Hashable, Sendable {
  /// The average itself: first order (Godunov 1959).
  case constant
  /// Limited linear functions in the law's variables: second order (van Leer 1979).
  case muscl(Limiter)
  /// Weighted essentially non-oscillatory parabolas in characteristic fields: fifth order in smooth regions.
  case weno5(WENOWeights)

  /// Cells beyond an end that faces need.
  public var ghostCells: Int {
    switch self {
    case .constant, .muscl: 2
    case .weno5: 3
    }
  }

  /// Whether states at faces are more accurate than the midpoint rule along them.
  var needsTransverseCorrection: Bool { if case .weno5 = self { true } else { false } }
}

extension ConservationLaw {
  /// States on both sides of the faces of a line of cells, turned to the axis.
  ///
  /// - Parameters:
  ///   - cells: the line, with ghost cells of the scheme at both ends.
  ///   - ghosts: how many.
  ///   - count: the number of inner cells.
  ///   - lower: for each inner cell and one ghost cell at either end, its state at the lower face.
  ///   - upper: likewise at the upper face.
  @inlinable
  public func reconstructLine(
    _ scheme: Reconstruction, _ cells: UnsafePointer<CellState>, ghosts: Int, count: Int,
    lower: UnsafeMutablePointer<CellState>, upper: UnsafeMutablePointer<CellState>, axis: Int
  ) {
    let first = cells + ghosts - 1
    switch scheme {
    case .constant:
      for i in 0..<count + 2 { (lower[i], upper[i]) = (first[i], first[i]) }
    case .muscl(let limiter):
      var (previous, here) = (variables(first[-1]), variables(first[0]))
      for i in 0..<count + 2 {
        let next = variables(first[i + 1])
        let slope = 0.5 * limiter.slope(here - previous, next - here)
        (lower[i], upper[i]) = (state(here - slope), state(here + slope))
        if !(isAdmissible(lower[i]) && isAdmissible(upper[i])) { (lower[i], upper[i]) = (first[i], first[i]) }
        (previous, here) = (here, next)
      }
    case .weno5(let weights):
      for i in 0..<count + 2 {
        let c = first + i
        let (a, b, m, d, e) = (c[-2], c[-1], c[0], c[1], c[2])
        if let vectors = eigenvectors(m, axis: axis) {
          let (wa, wb, wm, wd, we) = (
            vectors.amplitudes(a), vectors.amplitudes(b), vectors.amplitudes(m), vectors.amplitudes(d),
            vectors.amplitudes(e)
          )
          upper[i] = vectors.state(weights.value(wa, wb, wm, wd, we))
          lower[i] = vectors.state(weights.value(we, wd, wm, wb, wa))
        } else {
          let (va, vb, vm, vd, ve) = (variables(a), variables(b), variables(m), variables(d), variables(e))
          upper[i] = state(weights.value(va, vb, vm, vd, ve))
          lower[i] = state(weights.value(ve, vd, vm, vb, va))
        }
        bound(&lower[i], by: m)
        bound(&upper[i], by: m)
      }
    }
  }

  /// Draws a state at a face towards the cell's average until it is admissible (after Zhang & Shu 2010).
  @inlinable
  @inline(__always)
  func bound(_ face: inout CellState, by average: CellState) {
    if isAdmissible(face) { return }
    var part = 0.5
    for _ in 0..<6 {
      let mixed = average + part * (face - average)
      if isAdmissible(mixed) {
        face = mixed
        return
      }
      part *= 0.5
    }
    face = average
  }
}
