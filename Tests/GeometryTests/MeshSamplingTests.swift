import Foundation
import Geometry
import Tensors
import Testing

private func rows(_ points: Tensor<Double>) -> [[Double]] {
  let d = points.shape[1]
  let x = points.elements
  return (0..<points.shape[0]).map { Array(x[$0 * d..<($0 + 1) * d]) }
}

private func mean(_ points: [[Double]], _ function: ([Double]) -> Double) -> Double {
  points.reduce(0) { $0 + function($1) } / Double(points.count)
}

@Suite("Points on meshes")
struct MeshSamplingTests {
  @Test(
    "uniform over triangles, quadrilaterals, tetrahedra and hexahedra", arguments: PointSequence.allCases,
    [true, false])
  func moments(sequence: PointSequence, simplices: Bool) throws {
    let plane = Mesh.rectangle(x: 0...2, cells: [5, 3], simplices: simplices)
    let space = Mesh.box(cells: [3, 2, 2], simplices: simplices)
    let sampler = PointSampler(sequence, seed: 4)
    for (mesh, d) in [(plane, 2), (space, 3)] {
      let points = rows(try MeshPointSampler(mesh).points(8192, sampler))
      #expect(points.count == 8192 && Set(points).count == 8192)
      let tolerance = sequence == .uniform || sequence == .latinHypercube ? 0.02 : 0.005
      for axis in 0..<d {
        let scale = d == 2 && axis == 0 ? 2.0 : 1
        #expect(points.allSatisfy { $0[axis] >= 0 && $0[axis] <= scale })
        #expect(abs(mean(points) { $0[axis] / scale } - 0.5) < tolerance)
        #expect(abs(mean(points) { pow($0[axis] / scale, 2) } - 1 / 3.0) < tolerance)
        #expect(
          abs(mean(points) { $0[axis] / scale * $0[(axis + 1) % d] / (d == 2 ? 2 / scale : 1) } - 0.25)
            < tolerance)
      }
    }
  }

  @Test("cells of different sizes and with a varying Jacobian")
  func varying() throws {
    // A trapezoid of the width 2 − y, as one quadrilateral.
    let mesh = Mesh(
      dimension: 2, coordinates: [0, 0, 2, 0, 1, 1, 0, 1],
      cells: [.init(shape: .quadrilateral, nodes: [0, 1, 2, 3])])
    let points = rows(try MeshPointSampler(mesh).points(20_000, PointSampler(.sobol, seed: 1)))
    #expect(abs(mean(points) { $0[1] } - 4 / 9.0) < 0.01)
    #expect(abs(mean(points) { $0[0] } - 7 / 9.0) < 0.01)
    #expect(abs(mean(points) { $0[0] * $0[1] } - 11 / 36.0) < 0.01)
    // Cells that differ a hundredfold in size.
    let uneven = Mesh(
      grid: RectilinearGrid(coordinates: [[0, 0.01, 1, 1.1], [0, 0.9, 1]]), simplices: true)
    let even = rows(try MeshPointSampler(uneven).points(8192, PointSampler(.sobol, seed: 1)))
    #expect(abs(mean(even) { $0[0] } - 0.55) < 0.002)
    #expect(abs(mean(even) { $0[0] < 0.01 ? 1 : 0 } - 0.01 / 1.1) < 0.002)
  }

  @Test("a disc with curved cells: all inside, uniform, normals along the radius")
  func disc() throws {
    let mesh = Mesh.disc(rings: 4, order: 2)
    let sampler = try MeshPointSampler(mesh)
    let points = rows(sampler.points(8192, PointSampler(.sobol, seed: 6), times: 0...3))
    let radius = { (x: [Double]) in (x[0] * x[0] + x[1] * x[1]).squareRoot() }
    #expect(points.allSatisfy { radius($0) < 1.001 && $0[2] > 0 && $0[2] < 3 })
    #expect(abs(mean(points) { pow(radius($0), 2) } - 0.5) < 0.005)
    #expect(abs(mean(points) { radius($0) < 0.5 ? 1 : 0 } - 0.25) < 0.01)
    let locator = try MeshLocator(mesh)
    for point in points.prefix(500) { #expect(locator.locate([point[0], point[1]]) != nil) }
    let rim = try sampler.points(512, on: .all, PointSampler(.sobol, seed: 6))
    for (x, n) in zip(rows(rim.points), rows(rim.normals)) {
      #expect(abs(radius(x) - 1) < 1e-3)
      #expect(abs(n[0] * x[0] + n[1] * x[1] - radius(x)) < 1e-2)
    }
    #expect(
      abs(mean(rows(rim.points)) { $0[0] }) < 0.01
        && abs(mean(rows(rim.points)) { $0[0] * $0[0] } - 0.5) < 0.01)
  }

  @Test("boundaries by name, normals outwards", arguments: [true, false])
  func boundaries(simplices: Bool) throws {
    let plane = try MeshPointSampler(Mesh.rectangle(x: 0...3, cells: [3, 2], simplices: simplices))
    let sampler = PointSampler(.sobol, seed: 2)
    let right = try plane.points(64, on: .named("right"), sampler, times: 1...2)
    for (x, n) in zip(rows(right.points), rows(right.normals)) {
      #expect(abs(x[0] - 3) < 1e-14 && x[1] > 0 && x[1] < 1 && x[2] > 1 && x[2] < 2 && abs(n[0] - 1) < 1e-14)
    }
    // Shares of the lengths 3, 1, 3, 1.
    let all = try plane.points(800, on: .all, sampler)
    for (name, share) in ["left": 100, "top": 300] {
      let tags = try plane.mesh.boundaryTags(named: name)
      #expect(abs(all.tags.count { tags.contains($0) } - share) <= 2)
    }
    let space = try MeshPointSampler(Mesh.box(cells: [2, 2, 2], simplices: simplices))
    let faces = try space.points(600, on: .all, sampler)
    for (x, n) in zip(rows(faces.points), rows(faces.normals)) {
      let axis = (0..<3).first { abs(abs(n[$0]) - 1) < 1e-12 }
      let found = try #require(axis)
      #expect(abs(x[found] - (n[found] > 0 ? 1 : 0)) < 1e-14)
    }
    #expect(abs(mean(rows(faces.points)) { $0[0] * $0[0] } - (2 / 3.0 + 0.5) / 3) < 0.01)
    let line = try MeshPointSampler(Mesh.interval(1...3, cells: 4))
    let ends = try line.points(9, on: .all, sampler)
    #expect(Set(rows(ends.points)) == [[1], [3]])
    for (x, n) in zip(rows(ends.points), rows(ends.normals)) { #expect(n == [x == [1] ? -1 : 1]) }
    #expect(rows(line.points(64, sampler)).allSatisfy { $0[0] > 1 && $0[0] < 3 })
    #expect(throws: MeshError.self) { try plane.points(3, on: .named("rim"), sampler) }
    #expect(throws: MeshError.self) { try MeshPointSampler(plane.mesh, region: "core") }
  }

  @Test("the same points in every run")
  func pure() throws {
    let mesh = Mesh.cylinderChannel(cells: 4, simplices: false, order: 2)
    for sequence in PointSequence.allCases {
      let sampler = PointSampler(sequence, seed: 12)
      let points = try MeshPointSampler(mesh).points(100, sampler, round: 5)
      #expect(try MeshPointSampler(mesh).points(100, sampler, round: 5) == points)
      #expect(try MeshPointSampler(mesh).points(100, sampler, round: 6) != points)
    }
  }
}

@Suite("Points by residuals")
struct ResidualSamplingTests {
  @Test("probabilities by their definition")
  func probabilities() throws {
    let residuals = [1.0, -2, 0, 5]
    let p = try ResidualSampling(exponent: 2, offset: 0.5).probabilities(residuals)
    // Squares 1, 4, 0, 25 with the mean 7.5; the weights add up to 4 + 4 · 0.5.
    for (value, square) in zip(p, [1.0, 4, 0, 25]) { #expect(abs(value - (square / 7.5 + 0.5) / 6) < 1e-15) }
    #expect(try ResidualSampling().probabilities([0, 0]) == [0.5, 0.5])
    let tiny = try ResidualSampling(exponent: 4, offset: 0).probabilities([1e-200, 3e-200])
    #expect(abs(tiny[0] - 1 / 82.0) < 1e-15)
  }

  @Test("candidates are drawn by them, without putting back")
  func frequencies() throws {
    let sampling = ResidualSampling(exponent: 1, offset: 0.2)
    let residuals = [1.0, 2, 3, 4]
    let p = try sampling.probabilities(residuals)
    let draws = 20_000
    var (first, pairs) = (Array(repeating: 0.0, count: 4), Array(repeating: 0.0, count: 4))
    for round in 0..<draws {
      first[try sampling.select(1, residuals: residuals, seed: 1, round: round)[0]] += 1 / Double(draws)
      let pair = try sampling.select(2, residuals: residuals, seed: 2, round: round)
      #expect(pair.count == 2 && pair[0] < pair[1])
      for i in pair { pairs[i] += 1 / Double(draws) }
    }
    for i in 0..<4 {
      #expect(abs(first[i] - p[i]) < 0.015)
      // First, or second after another.
      let included = p[i] + (0..<4).reduce(0) { $1 == i ? $0 : $0 + p[$1] * p[i] / (1 - p[$1]) }
      #expect(abs(pairs[i] - included) < 0.015)
    }
  }

  @Test("the largest residuals, all candidates, and what cannot be chosen")
  func bounds() throws {
    let residuals = [0.1, -5, 3, 4, -4.5]
    #expect(try ResidualSampling.largest(3, residuals: residuals) == [1, 3, 4])
    #expect(try ResidualSampling().select(5, residuals: residuals, seed: 3) == [0, 1, 2, 3, 4])
    #expect(throws: SamplingError.tooFewCandidates(wanted: 6, candidates: 5)) {
      try ResidualSampling().select(6, residuals: residuals, seed: 3)
    }
    #expect(throws: SamplingError.self) { try ResidualSampling().select(1, residuals: [1, .nan], seed: 3) }
    #expect(throws: SamplingError.self) { try ResidualSampling.largest(1, residuals: [1, .infinity]) }
    // Zero probability comes last.
    let none = ResidualSampling(exponent: 1, offset: 0)
    for seed in 0..<50 as Range<UInt64> {
      #expect(try none.select(1, residuals: [0, 1, 0], seed: seed) == [1])
    }
  }

  @Test("points gather where the residual is large")
  func concentration() throws {
    let candidates = PointSampler(.uniform, seed: 7).unitPoints(50_000, dimension: 1).elements
    let residuals = candidates.map { exp(-1000 * ($0 - 0.3) * ($0 - 0.3)) }
    let chosen = try ResidualSampling().select(2000, residuals: residuals, seed: 1)
    #expect(Set(chosen).count == 2000)
    let near = Double(chosen.count { abs(candidates[$0] - 0.3) < 0.1 }) / 2000
    // Half of the weight is the peak's, and a fifth of the other half lies there too.
    #expect(near > 0.52 && near < 0.63)
  }
}
