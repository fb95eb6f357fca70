import Equations
import NeuralNetworks
import Tensors

extension Activation {
  /// The activation of a formula in x, such as `x*sigmoid(x)` or `sin(x)*exp(-x^2/2)`.
  /// - Throws: `EquationError` with the place of a mistake.
  public init(formula text: String) throws {
    let node = try FormulaText.formula(text, variable: "x").node
    // Tried out once, so that a formula which cannot be evaluated is refused here.
    _ = try Self.value(node, Tensor([Scalar(0.5)]))
    self.init(text) { x in (try? Self.value(node, x)) ?? x }
  }

  private static func value(_ node: Node, _ x: Tensor<Scalar>) throws -> Tensor<Scalar> {
    let formula = PointFormula(coordinates: [x], time: nil) { _ in
      throw EquationError("an activation is a formula of x alone")
    }
    return try formula(node).broadcast(to: x.shape)
  }
}
