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

/// The square of side 1 around the origin without four discs.
private func plate() -> Region {
  [(0.3, 0.3), (-0.3, 0.3), (0.3, -0.3), (-0.3, -0.3)].reduce(Region.rectangle((-0.5, 0.5), (-0.5, 0.5))) {
    $0.subtracting(.disc(center: $1, radius: 0.1), named: "circles")
  }
}

@Suite("Regions of any shape")
struct RegionTests {
  @Test("distances of bodies in closed form")
  func bodies() throws {
    let square = try RegionGeometry(.rectangle((0, 2), (0, 1)))
    #expect(abs(square.signedDistance([3, 2]) - 2.0.squareRoot()) < 1e-15)
    #expect(square.signedDistance([1, 0.25]) == -0.25)
    #expect(square.signedDistance([1, 4]) == 3)
    let disc = try RegionGeometry(.disc(center: (1, -1), radius: 2))
    #expect(abs(disc.signedDistance([4, 3]) - 3) < 1e-14 && disc.signedDistance([1, -1]) == -2)
    #expect(abs(disc.volume - 4 * .pi) < 1e-13)
    #expect(try abs(disc.measure(of: "circle") - 4 * .pi) < 1e-13)
    let line = try RegionGeometry(.interval(-1, 3))
    #expect(line.signedDistance([0.5]) == -1.5 && line.signedDistance([4]) == 1 && line.volume == 4)
    let box = try RegionGeometry(.box([(0, 1), (0, 2), (0, 3)]))
    #expect(abs(box.signedDistance([2, 3, 4]) - 3.0.squareRoot()) < 1e-15)
    #expect(box.signedDistance([0.5, 1, 0.25]) == -0.25 && box.volume == 6)
    #expect(try abs(box.measure(of: "top") - 3) < 1e-12)
    let ball = try RegionGeometry(.ball(center: (0, 0, 1), radius: 1))
    #expect(abs(ball.signedDistance([0, 3, 1]) - 2) < 1e-14)
    #expect(abs(ball.volume - 4 / 3 * .pi) < 1e-13)
    #expect(try abs(ball.measure(of: "sphere") - 4 * .pi) < 1e-12)
    // A star that no half-plane bounds.
    let star = (0..<10).map { i -> (Double, Double) in
      let (r, a) = (i % 2 == 0 ? 1.0 : 0.4, Double(i) * .pi / 5)
      return (r * cos(a), r * sin(a))
    }
    let polygon = try RegionGeometry(.polygon(star))
    #expect(abs(polygon.volume - 5 * 0.4 * sin(.pi / 5)) < 1e-14)
    #expect(polygon.contains([0.9, 0]) && !polygon.contains([0.9 * cos(.pi / 5), 0.9 * sin(.pi / 5)]))
    #expect(abs(polygon.signedDistance([2, 0]) - 1) < 1e-14)
  }

  @Test("unions, intersections and differences: measures, names and distances")
  func combinations() throws {
    let plate = try RegionGeometry(plate())
    #expect(abs(plate.volume - (1 - 0.04 * .pi)) < 1e-13)
    #expect(plate.boundaryNames == ["left", "right", "bottom", "top", "circles"])
    #expect(try abs(plate.measure(of: "circles") - 0.8 * .pi) < 1e-13)
    #expect(abs(plate.signedDistance([0.1, 0.1]) + (0.2 * 2.0.squareRoot() - 0.1)) < 1e-14)
    #expect(plate.signedDistance([0.3, 0.3]) == 0.1)
    // Two discs that overlap: the lens and the union, in closed form.
    let (a, b) = (Region.disc(center: (0, 0), radius: 1), Region.disc(center: (1, 0), radius: 1))
    let lens = 2 * Double.pi / 3 - 3.0.squareRoot() / 2
    #expect(try abs(RegionGeometry(a.intersection(b)).volume - lens) < 1e-12)
    let both = try RegionGeometry(a.union(b))
    #expect(abs(both.volume - (2 * .pi - lens)) < 1e-12)
    #expect(try abs(both.measure(of: "circle") - 8 * .pi / 3) < 1e-12)
    // Within a union the nearest boundary is neither body's own.
    #expect(abs(both.signedDistance([0.5, 0]) + 0.75.squareRoot()) < 1e-14)
    // Sides that fall on each other leave no wall between.
    let joined = try RegionGeometry(
      Region.rectangle((0, 1), (0, 1)).named("a").union(Region.rectangle((1, 2), (0, 1)).named("b")))
    #expect(try abs(joined.volume - 2) < 1e-14 && abs(joined.measure(of: "a") - 3) < 1e-12)
    #expect(abs(joined.signedDistance([1, 0.5]) + 0.5) < 1e-14)
    let notched = try RegionGeometry(
      Region.rectangle((0, 2), (0, 2)).subtracting(.rectangle((1, 2), (1, 2)), named: "notch"))
    #expect(abs(notched.volume - 3) < 1e-14)
    #expect(try abs(notched.measure(of: "notch") - 2) < 1e-12)
    #expect(try abs(notched.measure(of: "right") - 1) < 1e-12)
    // A triangle of three half-planes, and half a disc.
    let s = 0.5.squareRoot()
    let triangle = Region.halfPlane(through: (0, 0), normal: (-1, 0))
      .intersection(.halfPlane(through: (0, 0), normal: (0, -1)))
      .intersection(.halfPlane(through: (1, 0), normal: (s, s), named: "slope"))
    #expect(try abs(RegionGeometry(triangle).volume - 0.5) < 1e-13)
    #expect(try abs(RegionGeometry(triangle).measure(of: "slope") - 2.0.squareRoot()) < 1e-12)
    let half = try RegionGeometry(
      Region.disc(center: (0, 0), radius: 1).intersection(.halfPlane(through: (0, 0), normal: (0, -1))))
    #expect(try abs(half.volume - .pi / 2) < 1e-13 && abs(half.measure(of: "line") - 2) < 1e-12)
    let gaps = try RegionGeometry(Region.interval(0, 3).subtracting(.interval(1, 2), named: "gap"))
    #expect(gaps.volume == 2 && gaps.signedDistance([1.5]) == 0.5 && gaps.signedDistance([0.25]) == -0.25)
    #expect(try gaps.measure(of: "gap") == 2)
  }

  @Test("motions keep shapes")
  func motions() throws {
    let region = plate().rotated(by: 0.3, about: (0.1, 0.2)).scaled(by: 3).translated(by: 5, -1)
    let geometry = try RegionGeometry(region)
    #expect(abs(geometry.volume - 9 * (1 - 0.04 * .pi)) < 1e-11)
    let original = try RegionGeometry(plate())
    for x in [[0.1, 0.1], [0.4, -0.2], [0.7, 0.3], [0.3, 0.31]] {
      let (c, s) = (cos(0.3), sin(0.3))
      let (dx, dy) = (x[0] - 0.1, x[1] - 0.2)
      let moved = [3 * (0.1 + c * dx - s * dy) + 5, 3 * (0.2 + s * dx + c * dy) - 1]
      #expect(abs(geometry.signedDistance(moved) - 3 * original.signedDistance(x)) < 1e-13)
    }
    let turned = try RegionGeometry(
      Region.box([(-1, 1), (-2, 2), (-3, 3)]).rotated(by: .pi / 2, axis: (0, 0, 1)).translated(by: 0, 0, 4))
    #expect(turned.contains([1.9, 0.9, 6.9]) && !turned.contains([0.9, 1.9, 4]))
    #expect(turned.bounds.intervals.map(\.lower) == [-2, -1, 1])
    let polygon = Region.polygon([(0, 0), (0, 1), (2, 1), (2, 0)], named: "a", "b", "c", "d")
    #expect(try abs(RegionGeometry(polygon).measure(of: "b") - 2) < 1e-14)
    #expect(try RegionGeometry(polygon).normal([1, 1.2]) == [0, 1])
  }

  @Test("points inside: as many as asked for, uniform", arguments: PointSequence.allCases)
  func inside(sequence: PointSequence) throws {
    let geometry = try RegionGeometry(plate())
    let sampler = PointSampler(sequence, seed: 3)
    let points = rows(sampler.points(4096, in: geometry))
    #expect(points.count <= 4096 && points.count > 4000 && (sequence == .grid || points.count == 4096))
    #expect(points.allSatisfy { geometry.contains($0) })
    let rough = sequence == .uniform || sequence == .latinHypercube
    // ∫x² over the square less that over the four discs, over the area.
    let second = (1 / 12.0 - 4 * (.pi * 1e-4 / 4 + 0.09 * .pi * 0.01)) / (1 - 0.04 * .pi)
    #expect(abs(mean(points) { $0[0] * $0[0] } - second) < (rough ? 0.005 : 0.001))
    #expect(abs(mean(points) { $0[0] }) < (rough ? 0.02 : 0.003))
    let timed = rows(sampler.points(1000, in: geometry, times: 1...3))
    #expect(timed.allSatisfy { $0[2] >= 1 && $0[2] <= 3 } && timed[0].count == 3)
    let other = rows(sampler.points(4096, in: geometry, round: 1))
    #expect((other == points) == (sequence == .grid))
  }

  @Test("points on boundaries: by length, with outward normals", arguments: PointSequence.allCases)
  func boundary(sequence: PointSequence) throws {
    let geometry = try RegionGeometry(plate())
    let sampler = PointSampler(sequence, seed: 5)
    let circles = try sampler.points(1000, on: ["circles"], of: geometry)
    let points = rows(circles.points)
    #expect(points.count == 1000)
    for (x, n) in zip(points, rows(circles.normals)) {
      #expect(abs(geometry.signedDistance(x)) < 1e-14)
      #expect(geometry.contains(zip(x, n).map { $0 - 1e-3 * $1 }))
      #expect(!geometry.contains(zip(x, n).map { $0 + 1e-3 * $1 }))
    }
    // A quarter of them on each circle.
    for sx in [-1.0, 1] {
      for sy in [-1.0, 1] {
        #expect(abs(points.count { $0[0] * sx > 0 && $0[1] * sy > 0 } - 250) < 40)
      }
    }
    let all = try sampler.points(2000, of: geometry, times: 0...2)
    let onSquare = Double(all.tags.count { $0 < 4 }) / Double(all.count)
    #expect(abs(onSquare - 4 / (4 + 0.8 * .pi)) < 0.03)
    #expect(rows(all.points).allSatisfy { $0[2] >= 0 && $0[2] <= 2 })
    // The divergence theorem: the flux of (x, y) out of the region is twice its area.
    let flux = zip(rows(all.points), rows(all.normals)).reduce(0) {
      $0 + $1.0[0] * $1.1[0] + $1.0[1] * $1.1[1]
    }
    #expect(abs(flux / Double(all.count) * (4 + 0.8 * .pi) - 2 * geometry.volume) < 0.1)
  }

  @Test("regions of space: points, normals and the divergence theorem")
  func space() throws {
    let region = Region.box([(-1, 1), (-1, 1), (-1, 1)])
      .subtracting(.ball(center: (1, 1, 1), radius: 1), named: "bite")
      .intersection(.halfSpace(through: (0, 0, -0.5), normal: (0, 0, -1), named: "floor"))
    let geometry = try RegionGeometry(region)
    let volume = 6 - Double.pi / 6
    #expect(abs(geometry.volume - volume) < 0.01 * volume)
    #expect(try abs(geometry.measure(of: "bite") - .pi / 2) < 0.03)
    #expect(try abs(geometry.measure(of: "floor") - 4) < 0.05)
    #expect(geometry.boundaryNames == ["left", "right", "bottom", "top", "front", "bite", "floor"])
    let sampler = PointSampler(.sobol, seed: 2)
    let points = rows(sampler.points(4096, in: geometry))
    #expect(points.count == 4096 && points.allSatisfy { geometry.contains($0) })
    let boundary = try sampler.points(8192, of: geometry)
    var flux = 0.0
    for (x, n) in zip(rows(boundary.points), rows(boundary.normals)) {
      flux += zip(x, n).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(geometry.contains(zip(x, n).map { $0 - 1e-4 * $1 }))
      #expect(!geometry.contains(zip(x, n).map { $0 + 1e-4 * $1 }))
    }
    let area = try geometry.boundaryNames.reduce(0) { $0 + (try geometry.measure(of: $1)) }
    #expect(abs(flux / 8192 * area - 3 * volume) < 0.02 * 3 * volume)
    let bite = try sampler.points(500, on: ["bite"], of: geometry)
    for (x, n) in zip(rows(bite.points), rows(bite.normals)) {
      let v = x.map { $0 - 1 }
      #expect(abs(v.reduce(0) { $0 + $1 * $1 } - 1) < 1e-12)
      for (a, b) in zip(v, n) { #expect(abs(a + b) < 1e-12) }
    }
  }

  @Test("a surface of triangles: volume, distance, winding number")
  func surface() throws {
    let sphere = try TriangleSurface.sphere(24, 48)
    #expect(abs(sphere.volume - 4 / 3 * .pi) < 0.03 * 4)
    #expect(abs(sphere.area - 4 * .pi) < 0.03 * 4)
    var stream = RandomStream(seed: 1)
    for _ in 0..<300 {
      let x = SIMD3(
        3 * stream.nextUniform() - 1.5, 3 * stream.nextUniform() - 1.5, 3 * stream.nextUniform() - 1.5)
      let r = (x * x).sum().squareRoot()
      #expect(abs(sphere.signedDistance(x) - (r - 1)) < 0.012)
      if abs(r - 1) > 0.012 { #expect(abs(sphere.windingNumber(x) - (r < 1 ? 1 : 0)) < 0.02) }
    }
    let geometry = try RegionGeometry(
      Region.surface(sphere, named: "skin").scaled(by: 2).translated(by: 1, 0, 0)
        .subtracting(.halfSpace(through: (1, 0, 0), normal: (1, 0, 0), named: "cut")))
    #expect(abs(geometry.volume - 2 * sphere.volume * 2) < 0.02 * geometry.volume)
    #expect(try abs(geometry.measure(of: "cut") - 4 * .pi) < 0.3)
    let skin = try PointSampler(.sobol, seed: 1).points(400, on: ["skin"], of: geometry)
    for (x, n) in zip(rows(skin.points), rows(skin.normals)) {
      #expect(x[0] >= 1 - 1e-9)
      let v = [(x[0] - 1) / 2, x[1] / 2, x[2] / 2]
      #expect(zip(v, n).reduce(0) { $0 + $1.0 * $1.1 } > 0.99)
    }
  }

  @Test("what is wrong is said")
  func errors() throws {
    func text(_ region: Region) -> String {
      do {
        _ = try RegionGeometry(region)
        return ""
      } catch { return "\(error)" }
    }
    #expect(text(.polygon([(0, 0), (1, 1), (1, 0), (0, 1)])).contains("sides 0 and 2 of the polygon meet"))
    #expect(text(.polygon([(0, 0), (2, 0), (1, 0), (1, 1)])).contains("meet"))
    #expect(text(.polygon([(0, 0), (1, 0)])).contains("2 corners"))
    #expect(text(.polygon([(0, 0), (1, 0), (1, 1)], named: "a", "b")).contains("2 names"))
    #expect(text(.disc(center: (0, 0), radius: -1)).contains("radius -1"))
    #expect(text(.rectangle((1, 0), (0, 1))).contains("ascending"))
    let (a, b) = (Region.disc(center: (0, 0), radius: 1), Region.disc(center: (5, 0), radius: 1))
    #expect(text(a.intersection(b)).contains("no points"))
    #expect(text(a.subtracting(a)).contains("no points"))
    #expect(text(.halfPlane(through: (0, 0), normal: (0, 1))).contains("infinity"))
    #expect(text(Region.halfPlane(through: (0, 0), normal: (0, 1)).subtracting(a)).contains("infinity"))
    #expect(text(a.union(.interval(0, 1))).contains("1 dimension"))
    #expect(text(Region.box([(0, 1), (0, 1), (0, 1)]).rotated(by: 1)).contains("axis"))
    #expect(throws: RegionError.unknownBoundary(name: "rim", known: ["circle"])) {
      try PointSampler().points(3, on: ["rim"], of: RegionGeometry(a))
    }
    let corners = [SIMD3<Double>(0, 0, 0), SIMD3(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1)]
    let faces: [SIMD3<Int32>] = [SIMD3(0, 2, 1), SIMD3(0, 1, 3), SIMD3(1, 2, 3), SIMD3(2, 0, 3)]
    #expect(try abs(TriangleSurface(corners, triangles: faces).volume - 1 / 6.0) < 1e-15)
    func surfaceText(_ triangles: [SIMD3<Int32>]) -> String {
      do {
        _ = try TriangleSurface(corners, triangles: triangles)
        return ""
      } catch { return "\(error)" }
    }
    #expect(surfaceText(Array(faces.dropLast())).contains("open: 3 edges"))
    #expect(surfaceText(faces.dropLast() + [SIMD3(0, 2, 3)]).contains("face different ways"))
    #expect(surfaceText([]).contains("no triangles"))
  }
}

extension TriangleSurface {
  /// The unit sphere in rings of latitude and longitude.
  static func sphere(_ rings: Int, _ sectors: Int) throws -> TriangleSurface {
    var corners: [SIMD3<Double>] = [SIMD3(0, 0, 1)]
    for i in 1..<rings {
      for j in 0..<sectors {
        let (a, b) = (Double.pi * Double(i) / Double(rings), 2 * Double.pi * Double(j) / Double(sectors))
        corners.append(SIMD3(sin(a) * cos(b), sin(a) * sin(b), cos(a)))
      }
    }
    corners.append(SIMD3(0, 0, -1))
    let last = Int32(corners.count - 1)
    func at(_ i: Int, _ j: Int) -> Int32 { Int32(1 + (i - 1) * sectors + j % sectors) }
    var triangles: [SIMD3<Int32>] = []
    for j in 0..<sectors {
      triangles.append(SIMD3(0, at(1, j), at(1, j + 1)))
      triangles.append(SIMD3(last, at(rings - 1, j + 1), at(rings - 1, j)))
      for i in 1..<rings - 1 {
        triangles.append(SIMD3(at(i, j), at(i + 1, j), at(i + 1, j + 1)))
        triangles.append(SIMD3(at(i, j), at(i + 1, j + 1), at(i, j + 1)))
      }
    }
    return try TriangleSurface(corners, triangles: triangles)
  }
}
