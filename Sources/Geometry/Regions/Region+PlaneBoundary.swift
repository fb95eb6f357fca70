import Foundation

extension Region {
  /// The boundary of a plane region, in pieces: the curves of all bodies, cut where they meet, as far as the region lies on
  /// one side of them only.
  ///
  /// - Throws: ``RegionError`` where nothing is left, or it does not end.
  func planeBoundary() throws(RegionError) -> [BoundaryCurve] {
    let lines = parts.indices.compactMap { i -> (Int, SIMD2<Double>, Double)? in
      guard case .halfSpace(let normal, let offset) = parts[i].body else { return nil }
      return (i, SIMD2(normal.x, normal.y), offset)
    }
    let reach = 8 * self.reach(lines)
    var curves: [(shape: BoundaryCurve.Shape, part: Int, name: String)] = []
    for (i, part) in parts.enumerated() {
      switch part.body {
      case .halfSpace(let normal, let offset):
        let (n, along) = (SIMD2(normal.x, normal.y), SIMD2(-normal.y, normal.x))
        curves.append(
          (.segment(from: offset * n - reach * along, to: offset * n + reach * along), i, part.names[0]))
      case .ball(let center, let radius):
        curves.append(
          (.arc(center: SIMD2(center.x, center.y), radius: radius, from: 0, to: 2 * .pi), i, part.names[0]))
      case .box(let center, let half, let frame):
        let c = SIMD2(center.x, center.y)
        let (u, v) = (half.x * SIMD2(frame.x.x, frame.x.y), half.y * SIMD2(frame.y.x, frame.y.y))
        for (name, a, b) in [
          (0, c - u + v, c - u - v), (1, c + u - v, c + u + v), (2, c - u - v, c + u - v),
          (3, c + u + v, c - u + v),
        ] { curves.append((.segment(from: a, to: b), i, part.names[name])) }
      case .polygon(let corners):
        for (k, corner) in corners.enumerated() {
          curves.append((.segment(from: corner, to: corners[(k + 1) % corners.count]), i, part.names[k]))
        }
      case .surface: preconditionFailure("a surface of triangles in the plane")
      }
    }
    // Where the far end of a line is part of the boundary, the region does not end.
    let size = reach / 8
    let tolerance = 1e-11 * size
    var result: [BoundaryCurve] = []
    for (i, curve) in curves.enumerated() {
      let whole = BoundaryCurve(shape: curve.shape, name: curve.name, isForward: true)
      let closest = tolerance / whole.length
      var cuts = [0.0, 1.0]
      for (j, other) in curves.enumerated() where j != i && other.part != curve.part {
        cuts += curve.shape.cuts(by: other.shape, tolerance: tolerance)
          .filter { $0 > closest && $0 < 1 - closest }
      }
      cuts.sort()
      var start = 0.0
      var pending: (from: Double, to: Double, isForward: Bool)?
      func finish() {
        guard let piece = pending else { return }
        result.append(
          BoundaryCurve(
            shape: curve.shape.piece(piece.from, piece.to), name: curve.name, isForward: piece.isForward))
        pending = nil
      }
      for cut in cuts.dropFirst() where cut - start > closest {
        defer { start = cut }
        let middle = whole.point((start + cut) / 2)
        let step = 1e-8 * size * whole.normal((start + cut) / 2)
        let (ahead, behind) = (contains(plane: middle + step), contains(plane: middle - step))
        // A curve that two bodies share counts once.
        let isOwn = !curves[..<i].contains { earlier in
          earlier.part < curve.part
            && BoundaryCurve(shape: earlier.shape, name: "", isForward: true).nearest(middle).distance
              <= 10 * tolerance
        }
        guard ahead != behind, isOwn else {
          finish()
          continue
        }
        if let old = pending, old.isForward == behind, old.to == start {
          pending = (old.from, cut, behind)
        } else {
          finish()
          pending = (start, cut, behind)
        }
      }
      finish()
    }
    guard !result.isEmpty else {
      throw contains(plane: SIMD2(0.1, 0.2) * size) ? .unbounded : .empty
    }
    let far = 0.9 * reach
    let isFar = result.contains { curve in
      [curve.point(0), curve.point(1)].contains { ($0 * $0).sum().squareRoot() > far }
    }
    if isFar || contains(plane: SIMD2(0.6 * reach, 0.77 * reach)) { throw .unbounded }
    return result
  }

  /// How far from the origin the bodies, and the meetings of lines with each other and with them, can be.
  private func reach(_ lines: [(Int, SIMD2<Double>, Double)]) -> Double {
    var reach = 0.0
    for part in parts {
      if case .halfSpace(_, let offset) = part.body {
        reach = max(reach, abs(offset))
        continue
      }
      let (lower, upper) = part.body.bounds(dimension: 2)
      reach = max(reach, abs(lower.x), abs(lower.y), abs(upper.x), abs(upper.y))
    }
    for (i, (_, n, p)) in lines.enumerated() {
      for (_, m, q) in lines[(i + 1)...] {
        let determinant = n.x * m.y - n.y * m.x
        guard abs(determinant) > 1e-9 else { continue }
        reach = max(
          reach, abs((p * m.y - q * n.y) / determinant), abs((q * n.x - p * m.x) / determinant))
      }
    }
    return reach > 0 ? 2 * reach : 2
  }

  /// Whether a point of the plane lies inside.
  func contains(plane x: SIMD2<Double>) -> Bool { treeDistance(SIMD3(x, 0)) < 0 }

  /// The distance that the bodies' ones give by minima and maxima: its sign is right everywhere; its size is the distance
  /// where one body decides, and no more than that elsewhere.
  func treeDistance(_ x: SIMD3<Double>) -> Double { treeDistance(tree, x) }

  private func treeDistance(_ tree: Tree, _ x: SIMD3<Double>) -> Double {
    switch tree {
    case .body(let i): parts[i].body.signedDistance(x, dimension: dimension)
    case .union(let a, let b): min(treeDistance(a, x), treeDistance(b, x))
    case .intersection(let a, let b): max(treeDistance(a, x), treeDistance(b, x))
    case .complement(let a): -treeDistance(a, x)
    }
  }
}
