import Algebra
import Foundation
import Tensors

/// Graphs of nearest neighbours among points, whose weights fall with the distance.
public enum NearestNeighborGraph {
  /// Weights exp(−‖x − y‖² / σ_x σ_y) between points of which one is among the k nearest of the other, where σ_x is the
  /// distance of x to its m-th neighbour (Zelnik-Manor and Perona, Self-tuning spectral clustering, NIPS 2004).
  ///
  /// Distances are computed between all pairs, so that the cost is that of a product of matrices. Equally near points are
  /// taken in the order of their numbers.
  ///
  /// - Parameters:
  ///   - points: The points, of shape [points, coordinates].
  ///   - neighbors: k.
  ///   - scale: m, k by default.
  /// - Returns: The symmetric matrix of the weights.
  /// - Throws: `GraphError.badPoints` where there are not more points than k and m, or coordinates are not finite.
  public static func selfTuned(_ points: Tensor<Double>, neighbors k: Int, scale m: Int? = nil) throws
    -> SparseMatrix<Double>
  {
    precondition(
      points.rank == 2 && k > 0 && (m ?? k) > 0, "\(k) neighbours among points of shape \(points.shape)")
    let (n, dimension, m) = (points.shape[0], points.shape[1], m ?? k)
    guard n > max(k, m) else {
      throw GraphError.badPoints("\(n) points have no \(max(k, m)) neighbours each; ask for fewer")
    }
    guard points.maxMagnitude().isFinite else {
      throw GraphError.badPoints("A coordinate of a point is infinite or NaN; leave such points out")
    }
    let kept = max(k, m)
    let (nearest, squares) = (Buffer<Int32>(count: n * kept), Buffer<Double>(count: n * kept))
    let norms = points.squared.sum(axes: [1]).elements
    // A strip of rows at a time: distances to all points, then the smallest of each row.
    let height = 64
    let workspaces = (0..<WorkerPool.shared.threadCount).map { _ in Buffer<Double>(count: height * n) }
    points.withUnsafeBufferPointer { x in
      let x = x.baseAddress!
      WorkerPool.shared.forEach(tiles: (n + height - 1) / height) { strip, worker in
        let rows = strip * height..<min((strip + 1) * height, n)
        let room = workspaces[worker].pointer
        Double.multiplyMatrices(
          rows: rows.count, columns: n, inner: dimension, alpha: -2, x + rows.lowerBound * dimension,
          leading: dimension, transposed: false, x, leading: dimension, transposed: true, beta: 0, room,
          leading: n)
        for row in rows {
          let products = room + (row - rows.lowerBound) * n
          let (indices, best) = (nearest.pointer + row * kept, squares.pointer + row * kept)
          var found = 0
          for column in 0..<n where column != row {
            let square = max(0, norms[row] + norms[column] + products[column])
            guard found < kept || square < best[kept - 1] else { continue }
            // Insertion into what is sorted already, behind what is equally near.
            var place = min(found, kept - 1)
            while place > 0, best[place - 1] > square {
              (best[place], indices[place]) = (best[place - 1], indices[place - 1])
              place -= 1
            }
            (best[place], indices[place]) = (square, Int32(column))
            found = min(found + 1, kept)
          }
        }
      }
    }
    let scales = (0..<n).map { squares.pointer[$0 * kept + m - 1].squareRoot() }
    // Each pair once, and then both ways.
    var pairs: [Int: Double] = [:]
    pairs.reserveCapacity(n * k)
    for row in 0..<n {
      for place in 0..<k {
        let column = Int(nearest.pointer[row * kept + place])
        let product = max(scales[row] * scales[column], .leastNormalMagnitude)
        pairs[min(row, column) * n + max(row, column)] = exp(
          -squares.pointer[row * kept + place] / product)
      }
    }
    var (rows, columns, values) = ([Int32](), [Int32](), [Double]())
    for (pair, weight) in pairs.sorted(by: { $0.key < $1.key }) {
      let (a, b) = (Int32(pair / n), Int32(pair % n))
      rows += [a, b]
      columns += [b, a]
      values += [weight, weight]
    }
    return try SparseMatrix(
      rows: n, columns: n, rowIndices: rows, columnIndices: columns, values: values)
  }
}
