import Equations
import Geometry
import NeuralNetworks
import Tensors

/// What gradient descent is up against in an equation: condition numbers of the operator matrix in waves, as the equation
/// states it and preconditioned by the symbol.
///
/// The waves are those of the box (and of the time to the end), all with at most a given number of periods along each
/// coordinate. Conditions are weighed against the equation as suits each of both best.
public struct OperatorAnalysis: Sendable {
  /// A condition number, and the weight of the conditions with which it was reached.
  public struct Result: Sendable {
    public let condition: Double
    public let weight: Double

    /// Steps of gradient descent at its best rate that lower the loss by a factor.
    public func steps(lowering factor: Double) -> Double {
      let contraction = (condition - 1) / (condition + 1)
      return contraction <= 0 ? 1 : (Double.log(factor) / (2 * Double.log(contraction))).rounded(.up)
    }
  }

  public let symbol: OperatorSymbol
  /// The number of coefficients of the waves.
  public let parameters: Int
  public let plain: Result
  public let preconditioned: Result

  /// The largest number of coefficients that are analysed.
  public static var limit: Int { 1500 }

  /// Analyses the equation of a problem.
  ///
  /// - Parameters:
  ///   - waves: The most periods along each coordinate.
  ///   - end: The final time of evolutions.
  ///   - state: The constant state about which a nonlinear equation is linearised.
  /// - Throws: ``EquationError`` where the equation has no symbol, `TrainingError` for more than ``limit`` coefficients.
  public init(_ system: PointwiseSystem, waves: Int, until end: Double, about state: Double? = nil) throws {
    try system.requireBox(for: "the analysis of an operator by waves")
    let symbol = try OperatorSymbol(system, about: state)
    self.symbol = symbol
    var axes = system.box.intervals.map { $0.lower...$0.upper }
    if system.isEvolution { axes.append(0...end) }
    let count = axes.reduce(1) { product, _ in product * (2 * waves + 1) }
    guard count <= Self.limit else {
      throw TrainingError(
        "\(waves) waves along \(axes.count) coordinates have \(count) coefficients, and at most \(Self.limit) are analysed: "
          + "take fewer waves")
    }
    parameters = count
    // One of every pair ±n, without 0.
    var numbers: [[Int]] = [[]]
    for _ in axes { numbers = numbers.flatMap { n in (-waves...waves).map { n + [$0] } } }
    numbers = numbers.filter { n in n.first { $0 != 0 }.map { $0 > 0 } ?? false }
    let vectors = numbers.map { n in
      zip(n, axes).map { 2 * Double.pi * Double($0) / ($1.upperBound - $1.lowerBound) }
    }
    let model = FourierSeries<Double>(vectors)
    let objective = try PhysicsObjective(
      system, model: model, points: Self.points(system, axes, perAxis: 4 * waves))
    let bias = objective.layout["output.bias"]!.range.lowerBound
    var x = Array(repeating: 0.0, count: count)
    x[bias] = state ?? 0
    func matrix(inside: Double, elsewhere: Double) throws -> Tensor<Double> {
      objective.setWeights(objective.terms.map { $0.place == .inside ? inside : elsewhere })
      return try OperatorConditioning.matrix(objective, at: Tensor(x))
    }
    let equation = try matrix(inside: 1, elsewhere: 0)
    let hasConditions = objective.terms.contains { $0.place != .inside }
    let conditions = hasConditions ? try matrix(inside: 0, elsewhere: 1) : nil

    let sizes = vectors.map { wave in
      system.isEvolution
        ? symbol.magnitude(Array(wave.dropLast()), frequency: wave.last!) : symbol.magnitude(wave)
    }
    let smallest = 1e-9 * (sizes.max() ?? 1)
    // The factor of every coefficient; nil for what the equation does not see.
    var factors = [Double?](repeating: nil, count: count)
    let rows = objective.layout["output.weight"]!.range.lowerBound
    for (wave, size) in sizes.enumerated() where size > smallest {
      factors[rows + wave] = 1 / size
      factors[rows + sizes.count + wave] = 1 / size
    }

    func result(_ scale: (Tensor<Double>) -> Tensor<Double>?) throws -> Result {
      func condition(_ weight: Double) throws -> Double {
        let sum = conditions.map { equation + $0 * weight } ?? equation
        return try OperatorConditioning(sum, scale: scale(sum)).condition
      }
      guard hasConditions else { return Result(condition: try condition(1), weight: 1) }
      func best(_ exponents: [Double]) throws -> (exponent: Double, condition: Double) {
        var best = (exponent: 0.0, condition: Double.infinity)
        for exponent in exponents {
          let own = try condition(Double.pow(10, exponent))
          if own < best.condition { best = (exponent, own) }
        }
        return best
      }
      let coarse = try best((-6...6).map { Double($0) })
      let fine = try best((-7...7).map { coarse.exponent + Double($0) / 8 })
      return Result(condition: fine.condition, weight: Double.pow(10, fine.exponent))
    }
    // The constant is as long as the waves.
    var lengths = Array(repeating: 1.0, count: count)
    lengths[bias] = 0.5.squareRoot()
    let unscaled = Tensor(lengths)
    plain = try result { _ in unscaled }
    preconditioned = try result { sum in
      let diagonal = (0..<count).map { sum.elements[$0 * count + $0] }
      return Tensor(OperatorPreconditioner.completed(factors, diagonal: diagonal))
    }
  }

  /// Midpoints of a grid inside, on every side and at the initial time, which integrate products of the waves exactly.
  private static func points(_ system: PointwiseSystem, _ axes: [ClosedRange<Double>], perAxis count: Int)
    -> PointSet<Double>
  {
    func grid(holding held: (axis: Int, value: Double)?) -> Tensor<Double> {
      var points: [[Double]] = [[]]
      for (axis, range) in axes.enumerated() {
        let values =
          axis == held?.axis
          ? [held!.value]
          : (0..<count).map {
            range.lowerBound + (Double($0) + 0.5) / Double(count) * (range.upperBound - range.lowerBound)
          }
        points = points.flatMap { point in values.map { point + [$0] } }
      }
      return Tensor(shape: [points.count, axes.count], points.flatMap { $0 })
    }
    var tables: [PointwiseSystem.Place: Tensor<Double>] = [.inside: grid(holding: nil)]
    for condition in system.conditions {
      switch condition.place {
      case .inside, .measured, .boundary: break
      case .initial: tables[.initial] = grid(holding: (system.dimension, 0))
      case .side(let side):
        let range = axes[side.axis.rawValue]
        tables[condition.place] = grid(
          holding: (side.axis.rawValue, side.isUpper ? range.upperBound : range.lowerBound))
      }
    }
    return PointSet(tables)
  }
}
