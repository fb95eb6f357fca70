import Tensors

extension FaceArrays {
  /// Couplings with coefficients per unknown: harmonic means across faces inside the grid, the unknown's own at its ends.
  ///
  /// - Parameters:
  ///   - geometry: the axes with a coefficient of 1.
  ///   - axes: those of the three that the grid has.
  convenience init(
    _ geometry: [SeparableAxis], diffusion: GridCoefficient, reaction: GridCoefficient, factors: [Double]?,
    axes: [Int]
  ) {
    let counts = geometry.map(\.count)
    let strides = [1, counts[0], counts[0] * counts[1]]
    var coefficient: [Double]?
    if case .perUnknown(let values) = diffusion { coefficient = values }
    let faces = (0..<3).map { axis -> Buffer<Double>? in
      guard axes.contains(axis) else { return nil }
      let sizes = Self.faceCounts(counts, axis: axis)
      let result = Buffer<Double>(uninitialized: sizes.reduce(1, *))
      let (n, periodic) = (counts[axis], geometry[axis].isPeriodic)
      WorkerPool.shared.forEach(tiles: sizes[2]) { z, _ in
        var index = z * sizes[0] * sizes[1]
        for y in 0..<sizes[1] {
          for x in 0..<sizes[0] {
            let position = [x, y, z]
            var share = 1.0
            for other in 0..<3 where other != axis { share *= geometry[other].mass[position[other]] }
            var k = factors?[axis] ?? 1
            if let coefficient {
              let here = position[axis]
              let base = (0..<3).reduce(0) { $0 + ($1 == axis ? 0 : position[$1] * strides[$1]) }
              func value(_ i: Int) -> Double { coefficient[base + i * strides[axis]] }
              switch here {
              case 0 where !periodic: k = value(0)
              case n where !periodic: k = value(n - 1)
              default:
                let (a, b) = (value((here + n - 1) % n), value(here % n))
                k = 2 * a * b / (a + b)
              }
            }
            result.pointer[index] = share * k * geometry[axis].faces[position[axis]]
            index += 1
          }
        }
      }
      return result
    }
    let count = counts.reduce(1, *)
    var shift: Buffer<Double>?
    var value: (Int) -> Double = { _ in 0 }
    switch reaction {
    case .constant(let a) where a > 0: value = { _ in a }
    case .perUnknown(let all): value = { all[$0] }
    default: break
    }
    if value(0) > 0 || { if case .perUnknown = reaction { return true } else { return false } }() {
      let array = Buffer<Double>(uninitialized: count)
      for index in 0..<count {
        let share = (0..<3).reduce(1.0) { $0 * geometry[$1].mass[index / strides[$1] % counts[$1]] }
        array.pointer[index] = value(index) * share
      }
      shift = array
    }
    self.init(geometry: geometry, faces: faces, shift: shift)
  }

  /// The coarse operator: faces in series along their axis, side by side across it in the shares of interpolation.
  func coarsened(by transfers: [GridTransfer]) -> FaceArrays {
    let coarse = transfers.map(\.coarse)
    let sources = transfers.map { transfer in (0..<transfer.coarse).map { transfer.sources(of: $0) } }
    let coarseFaces = (0..<3).map { axis -> Buffer<Double>? in
      guard let fine = faces[axis] else { return nil }
      let transfer = transfers[axis]
      let fineSizes = Self.faceCounts(counts, axis: axis)
      let strides = [1, fineSizes[0], fineSizes[0] * fineSizes[1]]
      // Faces in series along the axis first, on the fine grid across it.
      let series = (0...coarse[axis]).map { transfer.facesInSeries(before: $0, fineCount: counts[axis]) }
      let sizes = Self.faceCounts(coarse, axis: axis)
      let result = Buffer<Double>(count: sizes.reduce(1, *))
      let others = (0..<3).filter { $0 != axis }
      let isClosed = transfer.isPeriodic && coarse[axis] == 1
      WorkerPool.shared.forEach(tiles: sizes[2]) { z, _ in
        var index = z * sizes[0] * sizes[1]
        for y in 0..<sizes[1] {
          for x in 0..<sizes[0] {
            let position = [x, y, z]
            let (first, second) = series[position[axis]]
            var sum = 0.0
            for a in sources[others[0]][position[others[0]]] {
              for b in sources[others[1]][position[others[1]]] {
                let base = a.fine * strides[others[0]] + b.fine * strides[others[1]]
                let k = fine.pointer[base + first * strides[axis]]
                guard let second else {
                  sum += a.weight * b.weight * k
                  continue
                }
                let l = fine.pointer[base + second * strides[axis]]
                if k > 0 && l > 0 { sum += a.weight * b.weight * (k * l / (k + l)) }
              }
            }
            result.pointer[index] = isClosed ? 0 : sum
            index += 1
          }
        }
      }
      return result
    }
    var coarseShift: Buffer<Double>?
    if let shift {
      let result = Buffer<Double>(count: coarse.reduce(1, *))
      WorkerPool.shared.forEach(tiles: coarse[2]) { z, _ in
        var index = z * coarse[0] * coarse[1]
        for y in 0..<coarse[1] {
          for x in 0..<coarse[0] {
            for c in sources[2][z] {
              for b in sources[1][y] {
                for a in sources[0][x] {
                  result.pointer[index] +=
                    a.weight * b.weight * c.weight
                    * shift.pointer[a.fine + counts[0] * (b.fine + counts[1] * c.fine)]
                }
              }
            }
            index += 1
          }
        }
      }
      coarseShift = result
    }
    let coarseGeometry = zip(geometry, transfers).map { SeparableAxis(coarsening: $0, by: $1) }
    return FaceArrays(geometry: coarseGeometry, faces: coarseFaces, shift: coarseShift)
  }
}
