import Tensors

/// The differences ΔX and ΔF of the last points of an iteration, with ΔF = Q R.
///
/// A column is added by Gram-Schmidt, twice, and the oldest one is taken off by rotations, so that a step costs O(n m).
struct DifferenceHistory {
  private let n: Int
  private let depth: Int
  /// Columns of ΔX, the oldest first, and of Q.
  private var steps: [[Double]] = []
  private var q: [[Double]] = []
  /// Columns of R.
  private var r: [[Double]] = []

  init(count n: Int, depth: Int) { (self.n, self.depth) = (n, depth) }

  var count: Int { r.count }

  mutating func clear() {
    steps.removeAll()
    q.removeAll()
    r.removeAll()
  }

  mutating func append(
    from old: (x: [Double], f: [Double]), to new: (x: [Double], f: [Double]), largestCondition: Double
  ) {
    guard depth > 0 else { return }
    if count == depth { dropOldest() }
    var column = zip(new.f, old.f).map { $0 - $1 }
    let length = euclideanNorm(column)
    guard length > 0 else { return }
    var entries = [Double](repeating: 0, count: count + 1)
    for _ in 0..<2 {
      for j in 0..<count {
        let h = Double.dot(q[j], column, count: n)
        entries[j] += h
        addMultiple(-h, q[j], to: &column)
      }
    }
    let rest = euclideanNorm(column)
    // A difference that depends on the others adds nothing.
    guard rest > 1e-14 * length else { return }
    for i in 0..<n { column[i] /= rest }
    entries[count] = rest
    q.append(column)
    r.append(entries)
    steps.append(zip(new.x, old.x).map { $0 - $1 })
    while count > 1, condition > largestCondition { dropOldest() }
  }

  /// The ratio of R's largest and smallest diagonal elements: a lower bound of its condition number.
  private var condition: Double {
    let diagonal = r.enumerated().map { abs($1[$0]) }
    return diagonal.max()! / diagonal.min()!
  }

  /// Takes off the oldest column: R becomes upper Hessenberg, and rotations of neighbouring rows make it a triangle.
  private mutating func dropOldest() {
    steps.removeFirst()
    r.removeFirst()
    for j in r.indices {
      let (a, b) = (r[j][j], r[j][j + 1])
      let length = (a * a + b * b).squareRoot()
      let (c, s) = length > 0 ? (a / length, b / length) : (1, 0)
      for k in j..<r.count {
        let (p, t) = (r[k][j], r[k][j + 1])
        r[k][j] = c * p + s * t
        r[k][j + 1] = c * t - s * p
      }
      for i in 0..<n {
        let (p, t) = (q[j][i], q[j + 1][i])
        q[j][i] = c * p + s * t
        q[j + 1][i] = c * t - s * p
      }
    }
    q.removeLast()
    for j in r.indices { r[j].removeLast() }
  }

  /// The step β f - (ΔX + β ΔF) γ, with the γ that minimises ‖f - ΔF γ‖.
  func step(from f: [Double], damping: Double, into step: inout [Double]) {
    for i in 0..<n { step[i] = damping * f[i] }
    guard count > 0 else { return }
    let projections = q.map { Double.dot($0, f, count: n) }
    var gamma = projections
    for i in gamma.indices.reversed() {
      for k in i + 1..<max(count, i + 1) { gamma[i] -= r[k][i] * gamma[k] }
      gamma[i] /= r[i][i]
    }
    for j in 0..<count {
      addMultiple(-gamma[j], steps[j], to: &step)
      // ΔF γ = Q Qᵀ f.
      addMultiple(-damping * projections[j], q[j], to: &step)
    }
  }
}
