import Tensors

/// Points to train at: a pure function of a seed and of a round, so that a resumed run draws what the unbroken one did.
public struct PointSampler: Hashable, Sendable, Codable {
  /// How points are spread.
  public var sequence: PointSequence
  /// The seed of what is random.
  public var seed: UInt64

  /// Points that are spread as given.
  public init(_ sequence: PointSequence = .sobol, seed: UInt64 = 0) {
    (self.sequence, self.seed) = (sequence, seed)
  }

  /// Points of the open unit cube, of shape [count, dimension].
  ///
  /// A grid has the largest number of points that is no larger than `count` and a power; see
  /// ``gridCounts(_:extents:)``.
  /// - Parameters:
  ///   - round: the number of the draw; every round has other points (but not a grid).
  ///   - part: tells apart what is drawn in one round.
  public func unitPoints(_ count: Int, dimension: Int, round: Int = 0, part: Int = 0) -> Tensor<Double> {
    points(count, extents: Array(repeating: 1, count: dimension), round: round, part: part)
  }

  /// Points of the open unit cube that will be stretched to `extents`: only a grid depends on them.
  func points(_ count: Int, extents: [Double], round: Int, part: Int) -> Tensor<Double> {
    precondition(
      count >= 0 && !extents.isEmpty && round >= 0 && part >= 0,
      "\(count) points in \(extents.count) dimensions, in part \(part) of round \(round)")
    let dimension = extents.count
    switch sequence {
    case .uniform:
      var stream = stream(round, part, axis: 0)
      return Tensor(shape: [count, dimension]) { out in
        stream.fillUniform(out)
        // Neither end of the interval, where some functions have no value.
        for i in out.indices { out[i] = max(out[i], 0x1p-54) }
      }
    case .latinHypercube:
      return Tensor(shape: [count, dimension]) { out in
        for axis in 0..<dimension {
          let stream = stream(round, part, axis: axis)
          let slices = Self.permutation(count, stream)
          for i in 0..<count {
            let place = max(stream.uniform(at: UInt64(count + i)), 0x1p-54)
            out[i * dimension + axis] = min((Double(slices[i]) + place) / Double(count), 1.0.nextDown)
          }
        }
      }
    case .sobol:
      let sobol = SobolSequence(dimension: dimension)
      return Tensor(shape: [count, dimension]) { out in
        for axis in 0..<dimension {
          let scrambling = OwenScrambling(key: stream(round, part, axis: axis).bits(at: 0))
          for i in 0..<count {
            // In the middle of its 2⁻³²-th of the axis.
            let bits = scrambling(sobol.bits(UInt32(truncatingIfNeeded: i), axis: axis))
            out[i * dimension + axis] = (Double(bits) + 0.5) * 0x1p-32
          }
        }
      }
    case .halton: return halton(count, dimension, round, part)
    case .grid: return Self.grid(Self.gridCounts(count, extents: extents))
    }
  }

  /// The random stream of an axis.
  func stream(_ round: Int, _ part: Int, axis: Int) -> RandomStream {
    // The upper half of all streams is that of samplers, so that none is met elsewhere under the same seed.
    let number = UInt64(round) << 24 ^ UInt64(part) << 8 ^ UInt64(axis)
    return RandomStream(seed: seed, stream: 1 << 63 | number)
  }

  /// A permutation of 0 ..< count (Durstenfeld 1964).
  static func permutation(_ count: Int, _ stream: RandomStream) -> [Int] {
    var result = Array(0..<count)
    for i in stride(from: count - 1, to: 0, by: -1) {
      result.swapAt(i, Int(stream.bits(at: UInt64(i)).multipliedFullWidth(by: UInt64(i + 1)).high))
    }
    return result
  }

  private func halton(_ count: Int, _ dimension: Int, _ round: Int, _ part: Int) -> Tensor<Double> {
    let halton = HaltonSequence(dimension: dimension)
    return Tensor(shape: [count, dimension]) { out in
      for (axis, base) in halton.bases.enumerated() {
        let stream = stream(round, part, axis: axis)
        let permutations = (0..<HaltonSequence.places(base: base)).map { place in
          Self.permutation(base, RandomStream(seed: stream.bits(at: UInt64(place)), stream: 1 << 63))
        }
        for i in 0..<count {
          let x = HaltonSequence.coordinate(i, base: base, permutations: permutations)
          out[i * dimension + axis] = max(x, 0x1p-54)
        }
      }
    }
  }

  // MARK: - Grids

  /// How many cells a grid of at most `count` cells has along each axis, such that cells are as cubic as can be.
  public static func gridCounts(_ count: Int, extents: [Double]) -> [Int] {
    guard count > 0 else { return extents.map { _ in 0 } }
    // Short axes may be left with one cell, which leaves more to the others: the shortest are settled first.
    var counts = extents.map { _ in 1 }
    var rest = Double(count)
    let order = extents.indices.sorted { (extents[$0], $0) < (extents[$1], $1) }
    for (settled, axis) in order.enumerated() {
      let others = order[settled...]
      let mean = others.reduce(1) { $0 * extents[$1] }
      let width = Double.pow(mean / rest, 1 / Double(others.count))
      // Rounding must not take a cell off a whole number.
      counts[axis] = max(Int((extents[axis] / width + 1e-9).rounded(.down)), 1)
      rest = max((rest / Double(counts[axis]) + 1e-9).rounded(.down), 1)
    }
    return counts
  }

  private static func grid(_ counts: [Int]) -> Tensor<Double> {
    let (count, dimension) = (counts.reduce(1, *), counts.count)
    return Tensor(shape: [count, dimension]) { out in
      for i in 0..<count {
        var rest = i
        for axis in (0..<dimension).reversed() {
          out[i * dimension + axis] = (Double(rest % counts[axis]) + 0.5) / Double(counts[axis])
          rest /= counts[axis]
        }
      }
    }
  }
}
