import Ansatz
import Testing

@Suite("Numbers in constraints")
struct ConstraintTests {
  /// w = 1 − u acts on the mean: dropping the 1 would solve another equation.
  private struct Relaxation: Problem {
    let u = ScalarField.unknown("u")
    let w = ScalarField.unknown("w")
    var domain: Domain { .interval(0, 1, periodic: true) }
    var equations: [Equation] { [dt(u) == w, w == 1 - u] }
    var conditions: [Condition] { [.initial(u == 0)] }
  }

  @Test("one that would change the solution is refused, and the sentence names the constraint")
  func refused() {
    #expect {
      _ = try solve(Relaxation(), with: Fourier(points: [16]), stepping: ETDRK4(step: 0.1), until: 1)
    } throws: { "\($0)".contains("the constraint 'w = 1 - u' has a number as its source") }
  }
}
