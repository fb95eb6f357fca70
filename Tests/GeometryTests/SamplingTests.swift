import Foundation
import Geometry
import Tensors
import Testing

/// The squared L2 star discrepancy (Warnock 1972), whose mean is (2⁻ᵈ − 3⁻ᵈ) / n for independent uniform points.
private func discrepancy(_ points: Tensor<Double>) -> Double {
  let (n, d) = (points.shape[0], points.shape[1])
  return points.withUnsafeBufferPointer { x in
    var (single, double) = (0.0, 0.0)
    for i in 0..<n {
      single += (0..<d).reduce(1) { $0 * (1 - x[i * d + $1] * x[i * d + $1]) }
      for j in 0..<n {
        var product = 1.0
        for k in 0..<d { product *= 1 - max(x[i * d + k], x[j * d + k]) }
        double += product
      }
    }
    return pow(3, -Double(d)) - pow(2, 1 - Double(d)) / Double(n) * single + double / Double(n * n)
  }
}

private func rows(_ points: Tensor<Double>) -> [[Double]] {
  let d = points.shape[1]
  let x = points.elements
  return (0..<points.shape[0]).map { Array(x[$0 * d..<($0 + 1) * d]) }
}

@Suite("Point samplers")
struct SamplingTests {
  @Test("Sobol's sequence: the first points of Joe and Kuo's example, and others of SciPy")
  func sobol() {
    let published: [[Double]] = [
      [0, 0, 0], [0.5, 0.5, 0.5], [0.75, 0.25, 0.25], [0.25, 0.75, 0.75], [0.375, 0.375, 0.625],
      [0.875, 0.875, 0.125], [0.625, 0.125, 0.875], [0.125, 0.625, 0.375], [0.1875, 0.3125, 0.9375],
      [0.6875, 0.8125, 0.4375],
    ]
    let sobol = SobolSequence(dimension: 3)
    for (i, point) in published.enumerated() { #expect(sobol.point(UInt32(i)) == point) }
    // scipy.stats.qmc.Sobol(64, scramble=False, bits=32), axes 0, 5, 20, 41 and 63.
    let axes = [0, 5, 20, 41, 63]
    let large = SobolSequence(dimension: 64)
    let reference: [UInt32: [Double]] = [
      7: [0.125, 0.375, 0.875, 0.875, 0.375],
      1000: [0.2197265625, 0.9072265625, 0.5224609375, 0.2548828125, 0.4462890625],
      2047: [0.00048828125, 0.65771484375, 0.35791015625, 0.92333984375, 0.98876953125],
    ]
    for (index, values) in reference {
      let point = large.point(index)
      #expect(axes.map { point[$0] } == values)
    }
  }

  @Test("Sobol's points fill every elementary box, scrambled or not", arguments: [false, true])
  func nets(isScrambled: Bool) {
    let (log, count) = (8, 256)
    let sobol = SobolSequence(dimension: 2)
    for block in 0..<3 {
      let points =
        isScrambled
        ? rows(PointSampler(.sobol, seed: 5).unitPoints((block + 1) * count, dimension: 2)).suffix(count)
        : (0..<count).map { sobol.point(UInt32(block * count + $0)) }[...]
      for a in 0...log {
        let (wide, high) = (1 << a, 1 << (log - a))
        let boxes = Set(points.map { Int($0[0] * Double(wide)) * high + Int($0[1] * Double(high)) })
        #expect(boxes.count == count)
      }
    }
  }

  @Test("Halton's sequence: radical inverses")
  func halton() {
    let halton = HaltonSequence(dimension: 6)
    #expect(halton.bases == [2, 3, 5, 7, 11, 13])
    // 31 is 11111 in base 2, 1011 in base 3, 111 in base 5, 43 in base 7, 29 in base 11, 25 in base 13.
    let exact = [
      31.0 / 32, 1.0 / 3 + 1.0 / 9 + 1.0 / 81, 31.0 / 125, 3.0 / 7 + 4.0 / 49, 9.0 / 11 + 2.0 / 121,
      5.0 / 13 + 2.0 / 169,
    ]
    for (x, y) in zip(halton.point(31), exact) { #expect(abs(x - y) < 1e-15) }
    // Scrambled points keep one point in each of bᵏ slices.
    let points = rows(PointSampler(.halton, seed: 1).unitPoints(6 * 6 * 125, dimension: 3))
    for (axis, slices) in [8, 27, 125].enumerated() {
      for start in stride(from: 0, to: 4000, by: slices) {
        #expect(Set(points[start..<start + slices].map { Int($0[axis] * Double(slices)) }).count == slices)
      }
    }
  }

  @Test("a Latin hypercube has one point in every slice of every axis")
  func latinHypercube() {
    for (count, round) in [(1, 0), (7, 0), (1000, 0), (1000, 3)] {
      let points = rows(PointSampler(.latinHypercube, seed: 9).unitPoints(count, dimension: 4, round: round))
      for axis in 0..<4 { #expect(Set(points.map { Int($0[axis] * Double(count)) }).count == count) }
    }
  }

  @Test(
    "points are inside, different from each other, and a function of seed and round",
    arguments: PointSequence.allCases)
  func properties(sequence: PointSequence) {
    let sampler = PointSampler(sequence, seed: 3)
    let points = sampler.unitPoints(4096, dimension: 3, round: 2)
    #expect(points.elements.allSatisfy { $0 > 0 && $0 < 1 })
    #expect(Set(rows(points)).count == 4096)
    #expect(sampler.unitPoints(4096, dimension: 3, round: 2) == points)
    let other = sampler.unitPoints(4096, dimension: 3, round: 3)
    #expect((other == points) == (sequence == .grid))
    if sequence != .grid {
      #expect(Set(rows(other)).isDisjoint(with: Set(rows(points))))
      #expect(PointSampler(sequence, seed: 4).unitPoints(4096, dimension: 3, round: 2) != points)
      #expect(sampler.unitPoints(4096, dimension: 3, round: 2, part: 1) != points)
    }
    // Every axis has mean ½ and variance 1/12.
    for axis in 0..<3 {
      let x = rows(points).map { $0[axis] }
      let mean = x.reduce(0, +) / 4096
      let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4096
      #expect(abs(mean - 0.5) < 0.02 && abs(variance - 1 / 12.0) < 0.005)
    }
    #expect(sampler.unitPoints(0, dimension: 2).count == 0)
  }

  @Test("evenness: discrepancies against the mean of independent points")
  func evenness() {
    let (n, d, rounds) = (256, 3, 20)
    let expected = (pow(2, -Double(d)) - pow(3, -Double(d))) / Double(n)
    func mean(_ sequence: PointSequence) -> Double {
      (0..<rounds).reduce(0) {
        $0 + discrepancy(PointSampler(sequence, seed: 11).unitPoints(n, dimension: d, round: $1))
      } / Double(rounds)
    }
    let uniform = mean(.uniform)
    #expect(uniform > 0.6 * expected && uniform < 1.5 * expected)
    #expect(mean(.latinHypercube) < 0.8 * expected)
    #expect(mean(.halton) < 0.1 * expected)
    #expect(mean(.sobol) < 0.05 * expected)
  }

  @Test("scrambled Sobol points integrate with an error near n^-3/2")
  func integration() {
    // ∫ Π (1 + (xᵢ − ½)) = 1.
    func error(_ n: Int) -> Double {
      let rounds = 32
      let squares = (0..<rounds).reduce(0.0) { sum, round in
        let points = rows(PointSampler(.sobol, seed: 2).unitPoints(n, dimension: 3, round: round))
        let mean = points.reduce(0) { $0 + $1.reduce(1) { $0 * (0.5 + $1) } } / Double(n)
        return sum + (mean - 1) * (mean - 1)
      }
      return (squares / Double(rounds)).squareRoot()
    }
    let order = log2(error(64) / error(1024)) / 4
    #expect(order > 1.2 && order < 1.9)
  }

  @Test("grids of any shape have cells that are nearly cubes")
  func grids() {
    #expect(PointSampler.gridCounts(900, extents: [1, 1]) == [30, 30])
    #expect(PointSampler.gridCounts(1000, extents: [1, 1, 1]) == [10, 10, 10])
    #expect(PointSampler.gridCounts(100, extents: [4, 1]) == [20, 5])
    #expect(PointSampler.gridCounts(10, extents: [100, 1e-3]) == [10, 1])
    #expect(PointSampler.gridCounts(7, extents: [2.5]) == [7])
    for count in 1...300 {
      let counts = PointSampler.gridCounts(count, extents: [1, 2, 3])
      #expect(counts.reduce(1, *) <= count && counts.allSatisfy { $0 >= 1 })
    }
    let box = Box([.init(0, 2, periodic: false), .init(-1, 0, periodic: true)])
    let points = PointSampler(.grid).points(8, in: box)
    #expect(rows(points) == [0.25, 0.75, 1.25, 1.75].flatMap { [[$0, -0.75], [$0, -0.25]] })
  }

  @Test("space and time, and the sides of a box with their normals")
  func boxes() {
    let box = Box([.init(-1, 3, periodic: false), .init(0, 1, periodic: false)])
    let sampler = PointSampler(.sobol, seed: 8)
    let inside = rows(sampler.points(512, in: box, times: 2...5, round: 1))
    #expect(inside.count == 512)
    for (axis, bounds) in [(-1.0, 3.0), (0, 1), (2, 5)].enumerated() {
      let x = inside.map { $0[axis] }
      #expect(x.allSatisfy { $0 > bounds.0 && $0 < bounds.1 })
      // One point in each of 512 slices.
      #expect(Set(x.map { Int(($0 - bounds.0) / (bounds.1 - bounds.0) * 512) }).count == 512)
    }
    for times in [nil, 0...2.0] {
      let boundary = sampler.points(100, on: [.left, .top, .bottom], of: box, times: times)
      #expect(boundary.count == 100)
      // Lengths 1, 4 and 4.
      let counts = [1, 4, 3].map { tag in boundary.tags.count { $0 == Int32(tag) } }
      #expect(counts[0] == 12 && counts[1] == 44 && counts[2] == 44)
      for (i, (x, normal)) in zip(rows(boundary.points), rows(boundary.normals)).enumerated() {
        switch boundary.tags[i] {
        case 1: #expect(x[0] == -1 && normal == [-1, 0])
        case 3: #expect(x[1] == 0 && normal == [0, -1])
        default: #expect(x[1] == 1 && normal == [0, 1])
        }
        #expect(x.count == (times == nil ? 2 : 3))
      }
      #expect(Set(rows(boundary.points)).count == 100)
    }
    let line = Box([.init(0, 2, periodic: false)])
    let ends = sampler.points(50, on: .all, of: line)
    #expect(rows(ends.points) == [[0], [2]] && rows(ends.normals) == [[-1], [1]])
    let history = sampler.points(50, on: .all, of: line, times: 0...1)
    #expect(history.count == 50 && Set(rows(history.points).map { $0[1] }).count == 50)
  }
}
