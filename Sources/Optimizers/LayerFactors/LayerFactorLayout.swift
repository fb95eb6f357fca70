/// How the Kronecker factors of affine maps lie in one vector: group by group of residuals, map by map, the factor of
/// inputs before that of outputs; then the numbers of parameters of no map.
public struct LayerFactorLayout: Hashable, Sendable {
  /// A symmetric matrix, in full and row-major, or its diagonal.
  public struct Factor: Hashable, Sendable {
    /// Rows.
    public let order: Int
    /// Whether only its diagonal is known.
    public let isDiagonal: Bool
    /// Where its numbers begin.
    public let start: Int

    /// How many numbers it has.
    public var count: Int { isDiagonal ? order : order * order }
    /// Where its numbers lie.
    public var range: Range<Int> { start..<start + count }
  }

  /// The affine maps.
  public let layers: [AffineLayer]
  /// The names of groups of residuals.
  public let groups: [String]
  /// The parameters of no map that are known one by one, in rising order.
  public let others: [Range<Int>]
  /// Where the numbers of those begin.
  public let othersStart: Int
  /// The largest order of a factor that is in full.
  public let denseLimit: Int
  /// The length of the vector.
  public let count: Int
  private let inputFactors, outputFactors: [Factor]

  /// The layout of factors, of which those of a larger order than `denseLimit` are diagonals.
  public init(layers: [AffineLayer], groups: [String], others: [Range<Int>], denseLimit: Int) {
    (self.layers, self.groups, self.others, self.denseLimit) = (layers, groups, others, denseLimit)
    var (inputs, outputs): ([Factor], [Factor]) = ([], [])
    var start = 0
    func factor(_ order: Int) -> Factor {
      let factor = Factor(order: order, isDiagonal: order > denseLimit, start: start)
      start += factor.count
      return factor
    }
    for _ in groups {
      for layer in layers {
        inputs.append(factor(layer.inputOrder))
        outputs.append(factor(layer.outputs))
      }
    }
    (inputFactors, outputFactors) = (inputs, outputs)
    othersStart = start
    count = start + others.reduce(0) { $0 + $1.count }
  }

  /// The factor A of the inputs of a map.
  public func inputs(_ group: Int, _ layer: Int) -> Factor { inputFactors[group * layers.count + layer] }

  /// The factor B of the outputs of a map.
  public func outputs(_ group: Int, _ layer: Int) -> Factor { outputFactors[group * layers.count + layer] }
}
