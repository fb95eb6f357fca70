import Equations
import NeuralNetworks
import Optimizers
import Tensors

/// The scale of parameters that undoes a differential operator: 1/|p(k, ω)| for the coefficients of the wave (k, ω).
///
/// Gradient descent on a physics-informed loss converges at the rate of the Hermitian square 𝒜 = D*D, whose symbol is
/// |p|² (De Ryck, Bonnet, Mishra & de Bézenac, ICLR 2024). The inverse root of 𝒜 is diagonal in waves, for every operator with
/// constant coefficients. Give the scale to `reparametrized(by:)` of any optimizer.
public struct OperatorPreconditioner: Sendable {
  public let symbol: OperatorSymbol
  /// Symbols below this count as it: waves that the equation leaves alone are scaled like those that it barely sees.
  public let floor: Double

  /// The preconditioner of an operator.
  public init(_ symbol: OperatorSymbol, floor: Double = 1) {
    precondition(floor > 0, "symbols cannot be bounded below by \(floor)")
    (self.symbol, self.floor) = (symbol, floor)
  }

  /// The preconditioner of a problem's operator.
  ///
  /// - Parameters:
  ///   - state: A constant state about which a nonlinear equation is linearised.
  /// - Throws: ``EquationError`` where the equation has no symbol.
  public init(_ system: PointwiseSystem, about state: Double? = nil, floor: Double = 1) throws {
    self.init(try OperatorSymbol(system, about: state), floor: floor)
  }

  /// 1/max(|p|, floor) for a wave vector of the coordinates of the equation, time last where there is time.
  public func factor(_ wave: [Double], isEvolution: Bool) -> Double {
    let size =
      isEvolution
      ? symbol.magnitude(Array(wave.dropLast()), frequency: wave.last ?? 0) : symbol.magnitude(wave)
    return 1 / max(size, floor)
  }

  /// The scale of all parameters of a model whose layer `rowsOf` takes Fourier features: its rows are scaled by their
  /// waves, all else stays as it is.
  ///
  /// - Parameters:
  ///   - layout: Where the parameters are.
  ///   - name: The weights that features are multiplied by, of shape [2 · waves, …]: `output.weight` of a ``FourierSeries``,
  ///     `network.layers.0.weight` of a ``FourierFeatureNetwork``.
  ///   - features: The features, in coordinates of the equation.
  /// - Throws: `TrainingError` where no such weights are, or their shape does not fit.
  public func scale<Scalar: Real>(
    _ layout: ParameterLayout, rowsOf name: NamePattern, features: FourierFeatures<Scalar>, isEvolution: Bool
  ) throws -> Tensor<Scalar> {
    let frequencies = features.frequencies.wrappedValue
    let (inputs, waves) = (frequencies.shape[0], frequencies.shape[1])
    let matching = layout.segments.filter { name.matches($0.name) }
    guard let segment = matching.first, matching.count == 1 else {
      throw TrainingError(
        "'\(name)' names \(matching.count) parameters, but one is taken by Fourier features: choose among "
          + layout.segments.map(\.name).joined(separator: ", "))
    }
    guard segment.shape.first == 2 * waves else {
      throw TrainingError(
        "\(segment.name) has the shape \(segment.shape), but \(waves) waves have \(2 * waves) features: name the weights "
          + "that take them")
    }
    var scale = Array(repeating: Scalar(1), count: layout.count)
    let width = segment.range.count / (2 * waves)
    for wave in 0..<waves {
      let vector = (0..<inputs).map { Double(frequencies.elements[$0 * waves + wave]) }
      let factor = Scalar(factor(vector, isEvolution: isEvolution))
      for row in [wave, waves + wave] {
        for column in 0..<width { scale[segment.range.lowerBound + row * width + column] = factor }
      }
    }
    return Tensor(scale)
  }

  /// The scale of all parameters of a model that is linear in them, conditions included: the rows of Fourier features are
  /// scaled by their waves, and what the equation does not see, such as a constant that only conditions fix, so that it
  /// weighs as much in the loss as the rest does in the mean.
  ///
  /// - Throws: As `scale(_:rowsOf:features:isEvolution:)`, and what the objective throws.
  public func scale<Scalar: OptimizerScalar>(
    _ objective: PhysicsObjective<Scalar>, rowsOf name: NamePattern, features: FourierFeatures<Scalar>
  ) throws -> Tensor<Scalar> {
    let scale: Tensor<Scalar> = try self.scale(
      objective.layout, rowsOf: name, features: features, isEvolution: objective.system.isEvolution)
    let (rows, columns) = (objective.residualCount, objective.layout.count)
    var residuals = Tensor<Scalar>.zeros([rows])
    var jacobian = Tensor<Scalar>.zeros([rows, columns])
    try objective.jacobian(at: objective.parameterVector, residuals: &residuals, jacobian: &jacobian)
    let squares = Tensor<Double>(jacobian.squared.sum(axes: [0])).elements
    let isSeen = objective.layout.segments.flatMap { segment in
      Array(repeating: name.matches(segment.name), count: segment.range.count)
    }
    let factors = zip(scale.elements, isSeen).map { $1 ? Double($0) : nil }
    return Tensor(Self.completed(factors, diagonal: squares).map { Scalar($0) })
  }

  /// Factors with those that are missing: such that their diagonal entries of PᵀAP become the mean of the others.
  static func completed(_ factors: [Double?], diagonal: [Double]) -> [Double] {
    var (mean, count) = (0.0, 0.0)
    for case (let own, let factor?) in zip(diagonal, factors) {
      mean += own * factor * factor
      count += 1
    }
    mean = count > 0 ? mean / count : 1
    return zip(diagonal, factors).map { own, factor in factor ?? (own > 0 ? (mean / own).squareRoot() : 1) }
  }
}
