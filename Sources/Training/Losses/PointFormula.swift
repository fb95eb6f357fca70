import Equations
import Geometry
import NeuralNetworks
import Tensors

/// Formulas of the language evaluated on tensors of points, recorded where the points are.
package struct PointFormula<Scalar: Real> {
  /// One column [points, 1] per spatial coordinate.
  package var coordinates: [Tensor<Scalar>]
  /// The column of times.
  package var time: Tensor<Scalar>?
  /// The columns of the outward normal, on boundaries of any shape.
  package var normals: [Tensor<Scalar>] = []
  /// The column of a jet.
  package var jet: (Jet) throws -> Tensor<Scalar>

  /// The columns of a table of points [points, coordinates], of which the last is time where there is one.
  package init(points: Tensor<Scalar>, dimension: Int, jet: @escaping (Jet) throws -> Tensor<Scalar>) {
    coordinates = (0..<dimension).map { points.slice(axis: 1, $0..<$0 + 1) }
    time = points.shape[1] > dimension ? points.slice(axis: 1, dimension..<dimension + 1) : nil
    self.jet = jet
  }

  /// Columns that are given one by one.
  init(
    coordinates: [Tensor<Scalar>], time: Tensor<Scalar>?, jet: @escaping (Jet) throws -> Tensor<Scalar>
  ) {
    (self.coordinates, self.time, self.jet) = (coordinates, time, jet)
  }

  /// The value of a formula: a column [points, 1], or a number.
  package func callAsFunction(_ node: Node) throws -> Tensor<Scalar> {
    switch node {
    case .constant(let number): return Tensor(Scalar(number))
    case .coordinate(let axis):
      guard axis.rawValue < coordinates.count else {
        throw EquationError("the coordinate \(axis.name) does not exist here")
      }
      return coordinates[axis.rawValue]
    case .normal(let axis) where axis.rawValue < normals.count: return normals[axis.rawValue]
    case .time: return time ?? Tensor(0)
    case .jet(let jet): return try self.jet(jet)
    case .sum(let terms):
      // Negative terms are subtracted, which saves an operation each.
      var result: Tensor<Scalar>?
      for term in terms {
        let value = try self(term)
        result = result.map { $0 + value } ?? value
      }
      return result ?? Tensor(0)
    case .product(let factors):
      var result: Tensor<Scalar>?
      for factor in factors {
        if case .power(let base, .constant(let n)) = factor, n < 0, let numerator = result {
          result = numerator / (try self(.raise(base, .constant(-n))))
          continue
        }
        let value = try self(factor)
        result = result.map { $0 * value } ?? value
      }
      return result ?? Tensor(1)
    case .power(let base, .constant(let n)): return try self(base).applying(.power(n))
    case .power(let base, let exponent): return try self(base).combined(.power, self(exponent))
    case .function(let function, let a): return apply(function, try self(a))
    case .binary(let function, let a, let b):
      let (x, y) = (try self(a), try self(b))
      switch function {
      case .min: return x.combined(.min, y)
      case .max: return x.combined(.max, y)
      case .less: return x .< y
      }
    default:
      throw EquationError("'\(node)' cannot be evaluated at points")
    }
  }

  private func apply(_ function: Function, _ x: Tensor<Scalar>) -> Tensor<Scalar> {
    switch function {
    case .exp: exp(x)
    case .log: log(x)
    case .sin: sin(x)
    case .cos: cos(x)
    case .tan: tan(x)
    case .asin: asin(x)
    case .acos: acos(x)
    case .atan: atan(x)
    case .sinh: sinh(x)
    case .cosh: cosh(x)
    case .tanh: tanh(x)
    case .erf: erf(x)
    case .abs: abs(x)
    case .sign: sign(x)
    case .step: step(x)
    }
  }
}
