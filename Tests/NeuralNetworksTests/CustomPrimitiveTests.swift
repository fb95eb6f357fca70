import Algebra
import Autodiff
import Foundation
import NeuralNetworks
import Tensors
import Testing
import Transforms

/// A function made of a primitive that another module defines.
struct CustomSample: CustomTestStringConvertible, Sendable {
  let name: String
  let shapes: [[Int]]
  /// Whether the inputs have a batch as their first axis.
  var isSamplewise = true
  /// Whether it has derivatives above the first.
  var isSmooth = true
  let function: @Sendable ([Tensor<Double>]) -> Tensor<Double>

  var testDescription: String { name }

  static let all: [CustomSample] = transforms + sparse

  private static let transforms: [CustomSample] = {
    var samples: [CustomSample] = []
    let all: [[Int]] = [[7], [8], [4, 6], [3, 5], [2, 4, 3]]
    for points in all {
      samples.append(
        CustomSample(name: "Fourier \(points)", shapes: [[3, 2] + points]) {
          RealFourierTransform<Double>(points)(sin($0[0]))
        })
      let spectrum: [Int] = [3] + points.dropLast() + [points[points.count - 1] / 2 + 1, 2]
      samples.append(
        CustomSample(name: "Fourier back \(points)", shapes: [spectrum]) {
          RealFourierTransform<Double>(points, isBackward: true)(sin($0[0]))
        })
    }
    for kind in RealTransformKind.allCases {
      samples.append(
        CustomSample(name: "\(kind)", shapes: [[3, 5]]) {
          TrigonometricTransform<Double>([kind], [5])(sin($0[0]))
        })
    }
    samples.append(
      CustomSample(name: "mixed kinds", shapes: [[2, 4, 3]]) {
        TrigonometricTransform<Double>([.dct2, .dst3], [4, 3])($0[0].squared)
      })
    let axis = SpectralAxis(.chebyshev, points: 4, interval: 0...1)
    samples.append(
      CustomSample(name: "products along axes", shapes: [[3, 4, 5, 2]]) {
        AxisProduct<Double>([axis.derivative(order: 1), axis.with(points: 5).evaluation(at: [0.1, 0.7])])(
          sin($0[0]))
      })
    for pass in ModewiseProduct<Double>.Pass.allCases {
      let shapes: [[Int]] =
        switch pass {
        case .output: [[3, 5, 2], [5, 2, 4]]
        case .input: [[3, 5, 4], [5, 2, 4]]
        case .weights: [[3, 5, 2], [3, 5, 4]]
        }
      samples.append(
        CustomSample(name: "products by modes, \(pass)", shapes: shapes, isSamplewise: false) {
          ModewiseProduct<Double>(pass)(sin($0[0]), $0[1])
        })
    }
    return samples
  }()

  /// A tridiagonal pattern with a corner.
  static let pattern: SparsityPattern = {
    let n = 6
    var (starts, columns): ([Int32], [Int32]) = ([0], [])
    for row in 0..<n {
      columns += (max(row - 1, 0)...min(row + 1, n - 1)).map { Int32($0) }
      if row == 0 { columns.append(Int32(n - 1)) }
      starts.append(Int32(columns.count))
    }
    return try! SparsityPattern(rows: n, columns: n, rowStarts: starts, columnIndices: columns)
  }()

  /// Values with a dominant diagonal.
  static func dominant(_ values: Tensor<Double>) -> Tensor<Double> {
    let diagonal = (0..<pattern.rows).flatMap { row in
      pattern.entries(ofRow: row).map { Int(pattern.columnIndices.pointer[$0]) == row ? 4.0 : 0 }
    }
    return values + Tensor(diagonal)
  }

  private static let sparse: [CustomSample] = {
    let (n, entries) = (pattern.rows, pattern.entryCount)
    func sample(
      _ name: String, _ shapes: [[Int]], isSmooth: Bool = true,
      _ function: @escaping @Sendable ([Tensor<Double>]) -> Tensor<Double>
    ) -> CustomSample {
      CustomSample(name: name, shapes: shapes, isSamplewise: false, isSmooth: isSmooth, function: function)
    }
    var samples: [CustomSample] = []
    for pass in SparseProduct<Double>.Pass.allCases {
      let shapes = pass == .values ? [[2, n], [2, n]] : [[entries], [2, n]]
      samples.append(
        sample("sparse \(pass)", shapes) { SparseProduct<Double>(pattern, pass)(sin($0[0]), $0[1]) })
    }
    samples.append(
      sample("solve", [[entries], [2, n]]) { SparseSolve(pattern, by: UMFPACK())(dominant($0[0]), $0[1]) })
    samples.append(
      sample("solve with the transpose", [[entries], [2, n]]) {
        SparseSolve(pattern, by: KLU()).transposed(dominant($0[0]), sin($0[1]))
      })
    samples.append(
      // By a step of Newton's method, which gives first derivatives.
      sample("nonlinear solve", [[entries], [n]], isSmooth: false) { v in
        implicitSolution(
          of: v, count: pattern.rows, pattern: pattern, linearSolver: UMFPACK(), solve: newton,
          residual: residual, jacobian: jacobian)
      })
    return samples
  }()

  /// A(v) u + u³ − b.
  @Sendable static func residual(_ u: Tensor<Double>, _ v: [Tensor<Double>]) -> Tensor<Double> {
    let n = pattern.rows
    let product = SparseProduct<Double>(pattern)(dominant(v[0]), u.reshaped([1, n])).reshaped([n])
    return product + u * u * u - v[1]
  }

  @Sendable static func jacobian(_ u: Tensor<Double>, _ v: [Tensor<Double>]) -> Tensor<Double> {
    let places = (0..<pattern.rows).map { pattern.position(row: $0, column: $0)! }
    return dominant(v[0]) + (3 * u.squared).scattering(places, count: pattern.entryCount)
  }

  @Sendable static func newton(_ v: [Tensor<Double>]) -> Tensor<Double> {
    let n = pattern.rows
    var u = Tensor<Double>.zeros([n])
    for _ in 0..<30 {
      u =
        u
        - SparseSolve(pattern, by: UMFPACK())(jacobian(u, v), residual(u, v).reshaped([1, n])).reshaped([n])
    }
    return u
  }
}

@Suite("Primitives of transforms and of sparse algebra")
struct CustomPrimitiveTests {
  private func values(_ shapes: [[Int]], seed: UInt64) -> [Tensor<Double>] {
    var stream = RandomStream(seed: seed)
    return shapes.map { Tensor.randomUniform($0, in: -1..<1, from: &stream) }
  }

  /// The derivative of a function of a step, to sixth order.
  private func derivative(_ f: (Double) -> Double) -> Double {
    let d = [8e-3, 4e-3, 2e-3].map { (f($0) - f(-$0)) / (2 * $0) }
    let (a, b) = ((4 * d[1] - d[0]) / 3, (4 * d[2] - d[1]) / 3)
    return (16 * b - a) / 15
  }

  @Test("gradients agree with central differences, and with forward mode", arguments: CustomSample.all)
  func gradient(sample: CustomSample) {
    let (x, d) = (values(sample.shapes, seed: 1), values(sample.shapes, seed: 2))
    let w = values([sample.function(x).shape], seed: 3)[0]
    let program = Program<Double>(sample.shapes.map(ProgramInput.shared)) { v in
      let y = sample.function(v)
      return gradients(of: y, withRespectTo: v, seed: w)
        + directionalDerivatives(of: [y], along: Array(zip(v, d)))
    }
    let outputs = program(x)
    for i in x.indices {
      let expected = derivative { h in
        (sample.function(x.indices.map { $0 == i ? x[$0] + d[$0] * h : x[$0] }) * w).sum()
      }
      let actual = outputs[i].dot(d[i])
      #expect(
        abs(actual - expected) <= 1e-7 * max(1e-2, abs(expected)), "\(i): \(actual), expected \(expected)")
    }
    let pulled = x.indices.reduce(0.0) { $0 + outputs[$1].dot(d[$1]) }
    #expect(abs(outputs[x.count].dot(w) - pulled) <= 1e-12 * (1 + abs(pulled)))
  }

  @Test("programs give what the operations give at once", arguments: CustomSample.all)
  func programs(sample: CustomSample) {
    let x = values(sample.shapes, seed: 4)
    let direct = sample.function(x)
    for batched in [false, true] where sample.isSamplewise || !batched {
      let program = Program<Double>(sample.shapes.map { batched ? .batched($0) : .shared($0) }) {
        [sample.function($0)]
      }
      for _ in 0..<2 {
        #expect((program(x)[0] - direct).maxMagnitude() <= 1e-13 * (1 + direct.maxMagnitude()))
      }
    }
  }

  @Test("Taylor mode agrees with nested forward mode", arguments: CustomSample.all.filter(\.isSmooth))
  func taylor(sample: CustomSample) throws {
    // All inputs move along two directions.
    let x = values(sample.shapes, seed: 5)
    let d = [values(sample.shapes, seed: 6), values(sample.shapes, seed: 7)]
    let orders = [[1, 0], [2, 0], [1, 1], [3, 0], [2, 1], [4, 0], [2, 2], [1, 3]]
    let laplacian = DerivativeCombination([DerivativeIndex([2, 0]): 1, DerivativeIndex([0, 2]): 1.5])
    let plan = TaylorPlan(
      orders.map { DerivativeCombination(DerivativeIndex($0)) } + [laplacian], directions: 2)
    let units = [Tensor<Double>([1, 0]), Tensor([0, 1])]
    let program = try Program<Double>([.shared([2])]) { v in
      let st = (0...1).map { v[0].slice(axis: 0, $0..<$0 + 1).reshaped([]) }
      let y = sample.function(x.indices.map { x[$0] + st[0] * d[0][$0] + st[1] * d[1][$0] })
      let taylor = try taylorDerivatives(of: [y], by: v[0], along: units, plan: plan)[0]
      func nested(_ orders: [Int]) -> Tensor<Double> {
        zip(units, orders).reduce(y) { result, pair in
          (0..<pair.1).reduce(result) { value, _ in
            directionalDerivatives(of: [value], along: [(v[0], pair.0)])[0]
          }
        }
      }
      return taylor + orders.map(nested) + [nested([2, 0]) + nested([0, 2]) * 1.5]
    }
    let outputs = program([Tensor([0.0, 0.0])])
    let half = outputs.count / 2
    for i in 0..<half {
      let scale = 1 + outputs[half + i].maxMagnitude()
      let difference = (outputs[i] - outputs[half + i]).maxMagnitude()
      #expect(difference <= 1e-10 * scale, "combination \(i): off by \(difference) of \(scale)")
    }
  }

  @Test("second derivatives of a solve agree with differences of gradients")
  func secondDerivatives() {
    let shapes = [[CustomSample.pattern.entryCount], [2, CustomSample.pattern.rows]]
    let (x, d) = (values(shapes, seed: 7), values(shapes, seed: 8))
    let solve = SparseSolve(CustomSample.pattern, by: UMFPACK())
    let program = Program<Double>(shapes.map(ProgramInput.shared)) { v in
      let first = gradients(
        of: solve(CustomSample.dominant(v[0]), v[1]).squared.sum(axes: nil), withRespectTo: v)
      let along = plusAll(zip(first, d).map { ($0 * $1).sum(axes: nil) })
      return [along] + gradients(of: along, withRespectTo: v)
    }
    let outputs = program(x)
    let actual = zip(outputs[1...], d).reduce(0.0) { $0 + $1.0.dot($1.1) }
    let expected = derivative { h in program(zip(x, d).map { $0 + $1 * h })[0].scalar }
    #expect(abs(actual - expected) <= 1e-7 * abs(expected))
  }

  private func plusAll(_ terms: [Tensor<Double>]) -> Tensor<Double> { terms.dropFirst().reduce(terms[0], +) }

  @Test("a transform and its inverse give the array back")
  func inverse() {
    let x = values([[2, 4, 6]], seed: 9)[0]
    let there = RealFourierTransform<Double>([4, 6])(x)
    let back = RealFourierTransform<Double>([4, 6], isBackward: true)(there) * (1 / 24.0)
    #expect((back - x).maxMagnitude() <= 1e-14)
  }
}
