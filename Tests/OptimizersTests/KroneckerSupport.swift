import Algebra
import Foundation
import Optimizers
import Tensors

extension Matrix<Double> {
  /// The rows one after another.
  var rowMajor: [Double] { (0..<rows).flatMap { i in (0..<columns).map { self[i, $0] } } }

  init(rows: Int, columns: Int, rowMajor elements: some Collection<Double>) {
    self.init(Tensor(shape: [rows, columns], elements))
  }

  /// Independent normal elements.
  static func normal(_ rows: Int, _ columns: Int, _ stream: inout RandomStream) -> Matrix {
    Matrix(rows: rows, columns: columns, rowMajor: (0..<rows * columns).map { _ in stream.nextNormal() })
  }

  /// A random orthogonal matrix.
  static func orthogonal(_ order: Int, _ stream: inout RandomStream) throws -> Matrix {
    try QRFactorization(normal(order, order, &stream)).q
  }

  var transpose: Matrix {
    var out = Matrix(rows: columns, columns: rows)
    for i in 0..<rows { for j in 0..<columns { out[j, i] = self[i, j] } }
    return out
  }

  func map(_ function: (Double) -> Double) -> Matrix {
    Matrix(rows: rows, columns: columns, rowMajor: rowMajor.map(function))
  }

  /// The largest magnitude of an element.
  var largest: Double { rowMajor.reduce(0) { max($0, abs($1)) } }
}

/// A complex matrix by its parts.
struct ComplexParts {
  var re, im: Matrix<Double>

  static func normal(_ rows: Int, _ columns: Int, _ stream: inout RandomStream) -> ComplexParts {
    ComplexParts(re: .normal(rows, columns, &stream), im: .normal(rows, columns, &stream))
  }

  /// A random unitary matrix: phases between two orthogonal ones.
  static func unitary(_ order: Int, _ stream: inout RandomStream) throws -> ComplexParts {
    let (a, b) = (
      try Matrix<Double>.orthogonal(order, &stream), try Matrix<Double>.orthogonal(order, &stream)
    )
    let phases = (0..<order).map { _ in stream.nextNormal() }
    return ComplexParts(
      re: a * .diagonal(phases.map { cos($0) }) * b, im: a * .diagonal(phases.map { sin($0) }) * b)
  }

  static func * (a: ComplexParts, b: ComplexParts) -> ComplexParts {
    ComplexParts(re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re)
  }

  var adjoint: ComplexParts { ComplexParts(re: re.transpose, im: -im.transpose) }

  /// Rows one after another, as pairs.
  var pairs: [Double] { zip(re.rowMajor, im.rowMajor).flatMap { [$0, $1] } }

  init(re: Matrix<Double>, im: Matrix<Double>) { (self.re, self.im) = (re, im) }

  init(rows: Int, columns: Int, pairs: [Double]) {
    re = Matrix(
      rows: rows, columns: columns, rowMajor: stride(from: 0, to: pairs.count, by: 2).map { pairs[$0] })
    im = Matrix(
      rows: rows, columns: columns, rowMajor: stride(from: 1, to: pairs.count, by: 2).map { pairs[$0] })
  }
}

/// A layout of one array.
func single(_ shape: [Int], isComplex: Bool = false) -> ParameterLayout {
  ParameterLayout().appending("weight", shape: shape, isComplex: isComplex)
}

/// Parameters after every one of some given gradients, from zero.
func path(_ gradients: [[Double]], _ layout: ParameterLayout, _ method: some GradientOptimizer<Double>) throws
  -> [[Double]]
{
  try train(
    GivenGradients(gradients, layout: layout), from: Array(repeating: 0, count: layout.count),
    steps: gradients.count, with: method)
}

/// Runs a computation with the shared pool's regions serial, as with one thread: inside a tile of a region.
func serially<Result>(_ body: () throws -> Result) throws -> Result {
  nonisolated(unsafe) var outcome: Swift.Result<Result, any Error>?
  // Two tiles, so that there is a region; the other is empty.
  withoutActuallyEscaping(body) { body in
    nonisolated(unsafe) let body = body
    WorkerPool.shared.forEach(tiles: 2) { tile, _ in
      if tile == 0 { outcome = Swift.Result { try body() } }
    }
  }
  return try outcome!.get()
}
