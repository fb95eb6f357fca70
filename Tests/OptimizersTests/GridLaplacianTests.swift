import Algebra
import Foundation
import Optimizers
import Tensors
import Testing

@Suite("Laplacians of grids by transforms")
struct GridLaplacianTests {
  static let axes: [GridAxis] = {
    let ends: [(GridBoundary, GridBoundary)] = [
      (.periodic, .periodic), (.dirichlet, .dirichlet), (.neumann, .neumann), (.dirichlet, .neumann),
      (.neumann, .dirichlet),
    ]
    return ends.flatMap { low, high in
      [
        GridAxis(count: 7, spacing: 0.3, low: low, high: high),
        GridAxis(count: 8, spacing: 0.2, low: low, high: high),
      ]
    }
  }()

  /// The matrix of the three-point stencil, written out.
  private func stencil(_ axis: GridAxis, _ placement: GridPlacement) -> [[Double]] {
    let (n, h) = (axis.count, axis.spacing)
    var a = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
    for i in 0..<n {
      a[i][i] = 2
      if i > 0 { a[i][i - 1] -= 1 }
      if i < n - 1 { a[i][i + 1] -= 1 }
    }
    if axis.low == .periodic {
      a[0][n - 1] -= 1
      a[n - 1][0] -= 1
    }
    for (row, end) in [(0, axis.low), (n - 1, axis.high)] {
      let inner = row == 0 ? 1 : n - 2
      switch (placement, end) {
      // The wall is half a spacing away: the value beyond it is mirrored, with or without its sign.
      case (.cells, .dirichlet): a[row][row] += 1
      case (.cells, .neumann): a[row][row] -= 1
      case (.vertices, .neumann): a[row][inner] -= 1
      default: break
      }
    }
    return a.map { $0.map { $0 / (h * h) } }
  }

  private func matrix(_ apply: (Tensor<Double>) -> Tensor<Double>, shape: [Int]) -> [[Double]] {
    let n = shape.reduce(1, *)
    let columns = (0..<n).map { k in
      var unit = [Double](repeating: 0, count: n)
      unit[k] = 1
      return apply(Tensor(shape: shape, unit)).elements
    }
    return (0..<n).map { i in (0..<n).map { columns[$0][i] } }
  }

  @Test("L of the stencil's symbol is the stencil", arguments: axes, [GridPlacement.cells, .vertices])
  func oneAxis(axis: GridAxis, placement: GridPlacement) {
    let laplacian = GridLaplacian(axes: [axis], placement: placement, symbol: .stencil)
    let apply = laplacian.function { $0 }
    let found = matrix({ apply($0) }, shape: [axis.count])
    let wanted = stencil(axis, placement)
    for i in 0..<axis.count { #expect(largestDifference(found[i], wanted[i]) < 1e-11) }
    // (1 + L)^{-1} is the inverse, and (1 + L)^{½} twice is 1 + L.
    let (inverse, root) = (laplacian.function { 1 / (1 + $0) }, laplacian.function { (1 + $0).squareRoot() })
    let x = Tensor((0..<axis.count).map { cos(1 + 2 * Double($0)) })
    let back = inverse(root(root(x)))
    #expect(largestDifference(back.elements, x.elements) < 1e-13)
  }

  @Test("grids of several axes of unlike kinds", arguments: [GridPlacement.cells, .vertices])
  func severalAxes(placement: GridPlacement) {
    let sets: [[GridAxis]] = [
      [Self.axes[0], Self.axes[3]], [Self.axes[3], Self.axes[0]], [Self.axes[1], Self.axes[0]],
      [Self.axes[4], Self.axes[2]],
      [
        GridAxis(count: 4, spacing: 0.5, boundary: .periodic), Self.axes[6],
        GridAxis(count: 3, spacing: 1, boundary: .periodic),
      ],
      [
        GridAxis(count: 3, spacing: 0.5, boundary: .dirichlet),
        GridAxis(count: 5, spacing: 0.4, boundary: .periodic),
        GridAxis(count: 4, spacing: 0.7, boundary: .neumann),
      ],
    ]
    for axes in sets {
      let laplacian = GridLaplacian(axes: axes, placement: placement, symbol: .stencil)
      let (shape, apply) = (axes.map(\.count), laplacian.function { $0 })
      let found = matrix({ apply($0) }, shape: shape)
      let parts = axes.map { stencil($0, placement) }
      let n = shape.reduce(1, *)
      func index(_ p: Int) -> [Int] {
        var (rest, out) = (p, [Int]())
        for k in shape.indices.reversed() {
          out.insert(rest % shape[k], at: 0)
          rest /= shape[k]
        }
        return out
      }
      for i in 0..<n {
        for j in 0..<n {
          let (a, b) = (index(i), index(j))
          var wanted = 0.0
          for k in shape.indices where shape.indices.allSatisfy({ $0 == k || a[$0] == b[$0] }) {
            wanted += parts[k][a[k]][b[k]]
          }
          #expect(abs(found[i][j] - wanted) < 1e-11)
        }
      }
    }
  }

  @Test("the spectral symbol is exact for smooth functions")
  func spectral() {
    let n = 24
    let periodic = GridLaplacian(periodic: [n], lengths: [2 * .pi]).function { $0 }
    let x = (0..<n).map { 2 * .pi * Double($0) / Double(n) }
    let u = periodic(Tensor(x.map { sin(3 * $0) + 0.5 * cos(5 * $0) }))
    #expect(largestDifference(u.elements, x.map { 9 * sin(3 * $0) + 12.5 * cos(5 * $0) }) < 1e-11)
    // sin πx vanishes at both walls of a unit interval.
    let walls = GridLaplacian(
      axes: [GridAxis(count: n, spacing: 1 / Double(n + 1), boundary: .dirichlet)], placement: .vertices
    ).function { $0 }
    let y = (1...n).map { sin(.pi * Double($0) / Double(n + 1)) }
    #expect(largestDifference(walls(Tensor(y)).elements, y.map { .pi * .pi * $0 }) < 1e-11)
  }

  @Test(
    "functions of L are self-adjoint, and forms are those of the operator", arguments: axes,
    [GridPlacement.cells, .vertices])
  func selfAdjoint(axis: GridAxis, placement: GridPlacement) {
    let laplacian = GridLaplacian(
      axes: [
        GridAxis(count: 5, spacing: 0.4, boundary: .periodic), axis,
        GridAxis(count: 6, spacing: 0.3, boundary: .neumann),
      ],
      placement: placement)
    let weights = laplacian.pointWeights ?? [Double](repeating: 1, count: laplacian.count)
    func inner(_ a: Tensor<Double>, _ b: Tensor<Double>) -> Double {
      (0..<a.count).reduce(0) { $0 + weights[$1] * a.elements[$1] * b.elements[$1] }
    }
    let (shape, n) = (laplacian.shape, laplacian.count)
    let a = Tensor(shape: shape, (0..<n).map { sin(1.7 * Double($0)) })
    let b = Tensor(shape: shape, (0..<n).map { cos(0.9 * Double($0) + 1) })
    for s in [-1.0, -0.5, 0.5, 2] {
      let f = laplacian.function { pow(1 + $0, -s) }
      let (left, right) = (inner(f(a), b), inner(a, f(b)))
      #expect(abs(left - right) < 1e-12 * (1 + abs(left)))
    }
    let (l, solve) = (laplacian.function { $0 }, laplacian.makeSolve(identity: 1, laplacian: 0.3))
    let form = a.withUnsafeBufferPointer { solve.form($0.baseAddress!) }
    #expect(abs(form - inner(a, l(a))) < 1e-11 * form)
    var u = Tensor<Double>.zeros(shape)
    let solved = u.withUnsafeMutableBufferPointer { u in
      a.withUnsafeBufferPointer { a in (try? solve.solve(a.baseAddress!, into: u.baseAddress!)) ?? .nan }
    }
    #expect(abs(solved - inner(u, l(u))) < 1e-11 * (1 + solved))
    #expect((u + 0.3 * l(u) - a).maxMagnitude() < 1e-11)
  }

  @Test("batches and single precision")
  func batches() {
    let laplacian = GridLaplacian(periodic: [6, 5], lengths: [1, 2])
    let f = laplacian.function { 1 / (1 + $0) }
    let x = Tensor<Double>(shape: [3, 2, 6, 5], (0..<180).map { sin(Double($0)) })
    let all = f(x)
    for k in 0..<6 {
      let own = Tensor(shape: [6, 5], Array(x.elements[k * 30..<k * 30 + 30]))
      #expect(f(own).elements == Array(all.elements[k * 30..<k * 30 + 30]))
    }
    let single = f(Tensor<Float>(shape: [3, 2, 6, 5], x.elements.map { Float($0) }))
    for (a, b) in zip(single.elements, all.elements) { #expect(abs(Double(a) - b) < 1e-6) }
  }

  @Test("multigrid solves what transforms solve, and variable coefficients besides")
  func multigrid() throws {
    let axes = [
      GridAxis(count: 24, spacing: 1 / 24.0, boundary: .neumann),
      GridAxis(count: 32, spacing: 1 / 16.0, boundary: .dirichlet),
    ]
    let f = (0..<768).map { sin(0.37 * Double($0)) + cos(0.011 * Double($0)) }
    let (grid, cycles) = (GridLaplacian(axes: axes, symbol: .stencil), try MultigridLaplacian(axes: axes))
    #expect(cycles.shape == grid.shape && abs(cycles.cellVolume - grid.cellVolume) < 1e-15)
    let (exact, solve) = (
      grid.makeSolve(identity: 1.5, laplacian: 0.2), try cycles.makeSolve(identity: 1.5, laplacian: 0.2)
    )
    var (u, v) = ([Double](repeating: 0, count: 768), [Double](repeating: 0, count: 768))
    let (form, other) = (try exact.solve(f, into: &u), try solve.solve(f, into: &v))
    #expect(largestDifference(u, v) < 1e-9 && abs(form - other) < 1e-8 * form)
    #expect(abs(solve.form(u) - form) < 1e-11 * form)
    // A coefficient that jumps: the solution is that of the matrix.
    let k = (0..<768).map { $0 % 32 < 16 ? 1.0 : 30 }
    let jumping = try MultigridLaplacian(axes: axes, diffusion: .perUnknown(k))
    _ = try jumping.makeSolve(identity: 1, laplacian: 0.5).solve(f, into: &u)
    let system = try GridOperator<Double>(
      axes: axes, placement: .cells, diffusion: .perUnknown(k.map { 0.5 * $0 }), reaction: .constant(1))
    #expect(largestDifference(system.multiply(u), f) < 1e-8)
    // The metric of order 1 by either.
    let (smooth, metric) = (
      try SobolevSolve(cycles, length: 0.3), SobolevMetric(grid, order: 1, length: 0.3)
    )
    let x = Tensor(shape: [1, 24, 32], f)
    #expect((smooth.applied(to: x) - metric.applied(to: x)).maxMagnitude() < 1e-9)
    let (twice, second) = (
      try SobolevSolve(cycles, order: 2, length: 0.3), SobolevMetric(grid, order: 2, length: 0.3)
    )
    #expect((twice.applied(to: x) - second.applied(to: x)).maxMagnitude() < 1e-9)
    // Momentum over fields does not care how systems are solved.
    let start = Tensor(shape: [24, 32], f)
    var (a, b) = (start, start)
    var (first, second2) = (
      GinzburgLandau(grid, width: 0.1, step: 0.1), GinzburgLandau(cycles, width: 0.1, step: 0.1)
    )
    for _ in 0..<8 {
      let (one, two) = (try first.step(&a), try second2.step(&b))
      #expect(abs(one.loss - two.loss) < 1e-7 * one.loss)
    }
    #expect((a - b).maxMagnitude() < 1e-7)
  }
}
