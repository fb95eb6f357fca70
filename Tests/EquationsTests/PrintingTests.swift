import Equations
import Testing

@Suite("Printing")
struct PrintingTests {
  static let u = ScalarField.unknown("u")
  static let psi = ScalarField.complexUnknown("psi")
  static let velocity = VectorField.unknown("u")
  static let p = ScalarField.unknown("p")
  static let x = ScalarField.x
  static let nu = ScalarField.parameter("viscosity", 0.1)

  struct Case: Sendable, CustomTestStringConvertible {
    var equation: Equation
    var text: String
    var latex: String
    var testDescription: String { text }
  }

  static let cases: [Case] = [
    Case(
      equation: dt(u) + u * dx(u) == nu * dx(dx(u)), text: "∂t u + u ∂x u = ν ∂xx u",
      latex: #"\partial_t u + u \partial_{x} u = \nu \partial_{xx} u"#),
    Case(
      equation: dt(u) == laplacian(pow(u, 3) - u) - 0.25 * biharmonic(u),
      text: "∂t u = Δ(u³ - u) - 0.25 Δ²u",
      latex: #"\partial_t u = \Delta \left(u^{3} - u\right) - 0.25 \Delta^{2} u"#),
    Case(
      equation: dt(velocity) + convect(velocity, velocity) == -grad(p) + nu * laplacian(velocity),
      text: "∂t u + (u·∇)u = -∇p + ν Δu",
      latex:
        #"\partial_t \mathbf{u} + (\mathbf{u} \cdot \nabla) \mathbf{u} = -\nabla p + \nu \Delta \mathbf{u}"#
    ),
    Case(equation: div(velocity) == 0, text: "∇·u = 0", latex: #"\nabla \cdot \mathbf{u} = 0"#),
    Case(
      equation: .i * dt(psi) + 0.5 * dx(dx(psi)) + abs2(psi) * psi == 0,
      text: "i ∂t ψ + 0.5 ∂xx ψ + |ψ|² ψ = 0",
      latex: #"i \partial_t \psi + 0.5 \partial_{xx} \psi + \left|\psi\right|^{2} \psi = 0"#),
    Case(
      equation: dt(dt(u)) == u / (1 + pow(u, 2)), text: "∂tt u = u / (u² + 1)",
      latex: #"\partial_{tt} u = \frac{u}{u^{2} + 1}"#),
    Case(
      equation: pow(dx(u), 2) == dx(pow(u, 2)), text: "(∂x u)² = ∂x u²",
      latex: #"\left(\partial_{x} u\right)^{2} = \partial_{x} u^{2}"#),
    Case(
      equation: u == -sin(.pi * x) * exp(-2 * .pi * .t), text: "u = -sin(π x) exp(-2π t)",
      latex: #"u = -\sin\left(\pi x\right) \exp\left(-2\pi t\right)"#),
    Case(
      equation: dt(u) + 0.5 * dot(grad(u), grad(u)) == 1 - u, text: "∂t u + 0.5 ∇u·∇u = 1 - u",
      latex: #"\partial_t u + 0.5 \nabla u \cdot \nabla u = 1 - u"#),
    Case(
      equation: laplacian(dot(velocity, velocity)) == sqrt(u) * max(u, 0),
      text: "Δ(u·u) = √u max(u, 0)",
      latex: #"\Delta \left(\mathbf{u} \cdot \mathbf{u}\right) = \sqrt{u} \max(u, 0)"#),
    Case(
      equation: dt(velocity) == 2 * curl(velocity) - 0.5 * velocity - grad(p),
      text: "∂t u = 2 ∇×u - 0.5 u - ∇p",
      latex: #"\partial_t \mathbf{u} = 2 \nabla \times \mathbf{u} - 0.5 \mathbf{u} - \nabla p"#),
    Case(
      equation: u * -2 - (u - 1) == abs(u) * pow(pow(u, 0.5), 3), text: "-2 u - (u - 1) = |u| (√u)³",
      latex: #"-2 u - \left(u - 1\right) = \left|u\right| \sqrt{u}^{3}"#),
  ]

  @Test("equations read as written", arguments: cases)
  func equation(_ expected: Case) {
    #expect("\(expected.equation)" == expected.text)
    #expect(expected.equation.latex == expected.latex)
  }

  @Test("names of Greek letters become letters, with digits as indices")
  func greek() {
    let fields = [ScalarField.unknown("psi2"), .parameter("epsilon", 1), .unknown("w"), .unknown("rho_0")]
    #expect(fields.map { "\($0)" } == ["ψ2", "ε", "w", "rho_0"])
    #expect(fields.map(\.latex) == ["\\psi_{2}", "\\varepsilon", "w", "\\mathrm{rho\\_}_{0}"])
  }

  @Test("conditions name their place, domains their periodic axes")
  func places() {
    let u = Self.u
    #expect("\(Condition.initial(u == 0))" == "u = 0 at the initial time")
    #expect("\(Condition.dirichlet(u == 1))" == "u = 1 on every side")
    #expect("\(Condition.neumann(dn(u) == 2, on: [.left, .top]))" == "∂n u = 2 on left, top")
    let domain = Domain.box([(0, 1), (0, 2 * .pi)], periodic: [.y])
    #expect("\(domain)" == "[0, 1] × [0, 2π) periodic")
  }
}
