import Ansatz

/// A network by its name and sizes, as command lines give them.
struct NetworkChoice: Sendable {
  static let kinds = ["mlp", "modified", "fourier", "pirate", "gaussian", "random"]

  var kind: String
  /// Widths of the hidden layers.
  var widths: [Int]
  var activation: String
  /// The largest weight of random features.
  var range = 3.0
  /// Gaussians per feature of the network "gaussian".
  var gaussians = 100
  var seed: UInt64

  /// A choice that is checked.
  /// - Throws: `UsageError` for a name that does not exist, or widths that do not suit the network.
  init(kind: String, widths: [Int], activation: String, range: Double = 3, seed: UInt64) throws {
    guard Self.kinds.contains(kind) else {
      throw UsageError.unknown(
        "network", kind, among: Self.kinds, help: "choose one of \(Self.kinds.joined(separator: ", "))")
    }
    if !["mlp", "random", "gaussian"].contains(kind), Set(widths).count > 1 || widths[0] % 2 == 1 {
      throw UsageError("--widths of the network \(kind) are one even number, repeated: such as 32,32,32")
    }
    guard Activation<Double>.named(activation) != nil else {
      let names = Activation<Double>.all.map(\.name)
      throw UsageError.unknown(
        "activation", activation, among: names, help: "choose one of \(names.joined(separator: ", "))")
    }
    (self.kind, self.widths, self.activation, self.range, self.seed) = (kind, widths, activation, range, seed)
  }

  /// The choice of a command line.
  /// - Throws: `UsageError` as above.
  init(_ arguments: ParsedArguments) throws {
    let range = try arguments.positiveNumber("range")
    try self.init(
      kind: arguments["network"] ?? "mlp",
      widths: try arguments.integers("widths", atLeast: 1, what: "units of a layer")
        ?? (arguments["network"] == "gaussian" ? [16] : [20, 20, 20]),
      activation: arguments["activation"] ?? "tanh", range: range ?? 3,
      seed: UInt64(try arguments.integer("seed", atLeast: 0, what: "a seed") ?? 0))
    if let count = try arguments.integer("gaussians", atLeast: 1, what: "Gaussians") {
      guard kind == "gaussian" else {
        throw UsageError("--gaussians is for the network gaussian: leave it out, or add --network gaussian")
      }
      gaussians = count
    }
    guard range == nil || kind == "random" else {
      throw UsageError("--range is for the network random: leave it out, or add --network random")
    }
  }

  /// What ``init(_:)`` reads.
  static let options = [
    Option(
      "network", "KIND",
      "mlp (dense layers), modified (gated by encodings of the input), fourier (random Fourier features), pirate (residual blocks), gaussian (four sums of Gaussians as features), random (one layer of fixed random features: for linear equations, with gn)"
    ),
    Option("widths", "N[,N…]", "Widths of the hidden layers (20,20,20)"),
    Option("activation", "NAME", "tanh, sin, gelu, silu, softplus, wavelet, … (tanh)"),
    Option("gaussians", "N", "Gaussians per feature of the network gaussian (100)"),
    Option("range", "W", "Largest weight of random features: the higher, the finer they are (3)"),
  ]

  /// Dense layers of these widths, whatever the kind.
  func mlp<Scalar: OptimizerScalar>(inputs: Int, outputs: Int) -> MLP<Scalar> {
    var stream = RandomStream(seed: seed, stream: 1)
    return MLP(
      [inputs] + widths + [outputs], activation: Activation<Scalar>.named(activation)!, from: &stream)
  }

  /// Makes the network and hands over what makes it, for the number of its inputs.
  func build<User: NetworkUser>(outputs: Int, for user: User) throws -> User.Result {
    typealias Scalar = User.Scalar
    let activation = Activation<Scalar>.named(activation)!
    var stream = RandomStream(seed: seed, stream: 1)
    let widths = widths
    switch kind {
    case "modified":
      return try user.use { inputs in
        ModifiedMLP<Scalar>([inputs] + widths + [outputs], activation: activation, from: &stream)
      }
    case "fourier":
      return try user.use { inputs in
        FourierFeatureNetwork<Scalar>(
          inputs: inputs, widths + [outputs], activation: activation, from: &stream)
      }
    case "gaussian":
      let gaussians = gaussians
      return try user.use { inputs in
        GaussianNetwork<Scalar>(
          box: Array(repeating: -1...1, count: inputs), count: gaussians, outputs: outputs, hidden: widths,
          activation: activation, from: &stream)
      }
    case "random":
      return try user.use { inputs in
        RandomFeatureNetwork<Scalar>(
          inputs: inputs, features: widths[0], outputs: outputs, range: range, activation: activation,
          from: &stream)
      }
    case "pirate":
      return try user.use { inputs in
        PirateNet<Scalar>(
          inputs: inputs, width: widths[0], blocks: widths.count, outputs: outputs, activation: activation,
          from: &stream)
      }
    default:
      return try user.use { inputs in mlp(inputs: inputs, outputs: outputs) as MLP<Scalar> }
    }
  }
}

/// What is done with a network whose type is chosen by a name.
protocol NetworkUser {
  associatedtype Scalar: OptimizerScalar
  associatedtype Result

  /// - Parameter make: Makes the network for a number of inputs.
  func use<Core: Layer>(_ make: (Int) -> Core) throws -> Result where Core.Scalar == Scalar
}
