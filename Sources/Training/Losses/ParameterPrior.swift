import Optimizers
import Tensors

/// ½ Σ w (xᵢ/sᵢ)² over some parameters: one further row of the least-squares problem for each.
struct ParameterPrior<Scalar: OptimizerScalar> {
  /// Places in the vector of parameters, and √w/s there.
  private var rows: [(place: Int, root: Scalar)] = []

  /// The number of rows.
  var count: Int { rows.count }

  /// Adds the prior of a part of the vector.
  mutating func add(_ range: Range<Int>, deviations: [Double], weight: Double) {
    precondition(
      range.count == deviations.count, "\(deviations.count) deviations for \(range.count) parameters")
    for (place, deviation) in zip(range, deviations) {
      rows.append((place, Scalar(weight.squareRoot() / deviation)))
    }
  }

  /// The term's value.
  func value(_ x: Tensor<Scalar>) -> Double {
    x.withUnsafeBufferPointer { x in
      var sum = 0.0
      for (place, root) in rows {
        let r = Double(root * x[place])
        sum += r * r
      }
      return 0.5 * sum
    }
  }

  /// Adds S v, with S the second derivative, to a product; at v = x this is the gradient.
  func addProduct(_ v: Tensor<Scalar>, to product: inout Tensor<Scalar>) {
    guard !rows.isEmpty else { return }
    v.withUnsafeBufferPointer { v in
      product.withUnsafeMutableBufferPointer { out in
        for (place, root) in rows { out[place] += root * root * v[place] }
      }
    }
  }

  /// Writes the rows' residuals.
  func writeResiduals(_ x: Tensor<Scalar>, to out: UnsafeMutablePointer<Scalar>) {
    x.withUnsafeBufferPointer { x in
      for (i, row) in rows.enumerated() { out[i] = row.root * x[row.place] }
    }
  }

  /// Writes the rows of the Jacobian, `width` numbers each.
  func writeJacobian(width: Int, to out: UnsafeMutablePointer<Scalar>) {
    out.update(repeating: 0, count: rows.count * width)
    for (i, row) in rows.enumerated() { out[i * width + row.place] = row.root }
  }

  /// uᵀ S v.
  func form(_ u: Tensor<Scalar>, _ v: Tensor<Scalar>) -> Double {
    u.withUnsafeBufferPointer { u in
      v.withUnsafeBufferPointer { v in
        var sum = 0.0
        for (place, root) in rows { sum += Double(root * u[place]) * Double(root * v[place]) }
        return sum
      }
    }
  }
}
