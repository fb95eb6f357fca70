import NeuralNetworks
import Tensors

/// Two networks side by side, one for the unknowns along characteristics and one for the displacement of their labels; they
/// share no weights.
public struct BranchedNetwork<State: Layer, Position: Layer>: Layer where State.Scalar == Position.Scalar {
  public typealias Scalar = State.Scalar

  /// The network of the unknowns: [points, features] to [points, unknowns].
  public let state: State
  /// The network of the displacements: [points, features] to [points, axes].
  public let position: Position
  private let scales: Tensor<Scalar>

  /// Networks whose outputs are multiplied by scales, one for each unknown and then one for each axis.
  public init(state: State, position: Position, scales: [Double]) {
    (self.state, self.position, self.scales) = (state, position, Tensor(scales.map { Scalar($0) }))
  }

  /// Unknowns and displacements: [points, features] to [points, unknowns + axes].
  public func callAsFunction(_ features: Tensor<Scalar>) -> Tensor<Scalar> {
    .concatenated([state(features), position(features)], axis: 1) * scales
  }
}

/// A network of unknowns and characteristics over labels and time: [points, coordinates of labels and t] to
/// [points, unknowns + axes].
public typealias LagrangianNetwork<State: Layer, Position: Layer> = PhysicsNetwork<
  BranchedNetwork<State, Position>
>
where State.Scalar == Position.Scalar

extension LagrangianSystem {
  /// A network of two branches for this problem: u = u₀(a) + (t/T) M(a, t) and X = a + c̄ t + (t/T) N(a, t), periodic where the
  /// box is, and met conditions on walls.
  ///
  /// - Parameters:
  ///   - waves: How many multiples of the base frequency a periodic label is turned into.
  ///   - conditions: The conditions to meet by construction, those of ``labels``; none leaves all to the loss.
  ///   - state: Makes the network of the unknowns, for a number of features.
  ///   - position: Makes that of the displacements.
  public func network<State: Layer, Position: Layer>(
    waves: Int = 1, conditions: HardConditions?, state: (_ features: Int) -> State,
    position: (_ features: Int) -> Position
  ) -> LagrangianNetwork<State, Position> where State.Scalar == Position.Scalar {
    PhysicsNetwork(labels, until: until, waves: waves, conditions: conditions) { features in
      BranchedNetwork(state: state(features), position: position(features), scales: scales)
    }
  }
}
