import Algebra
import Foundation
import Tensors

func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }

func residual(_ a: some LinearOperator<Double>, _ x: [Double], _ b: [Double]) -> Double {
  norm(zip(a.multiply(x), b).map { $1 - $0 }) / norm(b)
}

func haveSameBits(_ x: [Double], _ y: [Double]) -> Bool {
  x.count == y.count && zip(x, y).allSatisfy { $0.bitPattern == $1.bitPattern }
}

/// A diffusion matrix on a square grid with random coefficients from 1 to 10^decades: symmetric positive definite.
func randomDiffusion(_ n: Int, decades: Double, seed: UInt32) throws -> SparseMatrix<Double> {
  var generator = LinearCongruential(seed: seed)
  let cells = (0..<n * n).map { _ in pow(10, decades * generator.next()) }
  var (rows, columns, values): ([Int32], [Int32], [Double]) = ([], [], [])
  func add(_ i: Int, _ j: Int, _ value: Double) {
    rows.append(Int32(i))
    columns.append(Int32(j))
    values.append(value)
  }
  for i in 0..<n {
    for j in 0..<n {
      let here = i * n + j
      for (k, l) in [(i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)] {
        if (0..<n).contains(k), (0..<n).contains(l) {
          let there = k * n + l
          let face = 2 * cells[here] * cells[there] / (cells[here] + cells[there])
          add(here, there, -face)
          add(here, here, face)
        } else {
          add(here, here, 2 * cells[here])
        }
      }
    }
  }
  return try SparseMatrix(
    rows: n * n, columns: n * n, rowIndices: rows, columnIndices: columns, values: values)
}

/// Upwind convection with diffusion on a square grid: not symmetric, diagonally dominant.
func convectionDiffusion(_ n: Int, velocity: (Double, Double)) throws -> SparseMatrix<Double> {
  let a = try StencilOperator<Double>.laplacian(points: [n, n]).matrix()
  var (rows, columns, values): ([Int32], [Int32], [Double]) = ([], [], [])
  for i in 0..<n {
    for j in 0..<n {
      let here = i * n + j
      for (k, l, v) in [(i - 1, j, velocity.0), (i, j - 1, velocity.1)] where (0..<n).contains(k) && l >= 0 {
        rows.append(Int32(here))
        columns.append(Int32(k * n + l))
        values.append(-v)
      }
      rows.append(Int32(here))
      columns.append(Int32(here))
      values.append(velocity.0 + velocity.1)
    }
  }
  let c = try SparseMatrix(
    rows: n * n, columns: n * n, rowIndices: rows, columnIndices: columns, values: values)
  return try SparseMatrix.sum(1, a, 1, c)
}
