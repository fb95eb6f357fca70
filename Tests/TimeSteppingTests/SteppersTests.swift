import Tensors
import Testing
import TimeStepping

@Suite struct SteppersTests {
  @Test func namesAreFoundInAnyCase() throws {
    #expect(try Steppers.named("etdrk4").name == "ETDRK4")
    #expect(try Steppers.named("TSITOURAS54").order == 5)
    #expect(Set(Steppers.all.map(\.name)).count == 15)
    for method in Steppers.all {
      #expect(!method.citation.isEmpty)
      #expect((method.startingMethod == nil) == (method.history == 0))
    }
  }

  @Test func unknownNameListsTheOthers() {
    #expect {
      try Steppers.named("RK5")
    } throws: { error in
      let text = "\(error)"
      return text.contains("RK5") && Steppers.all.allSatisfy { text.contains($0.name) }
    }
  }

  @Test func methodsCarryTheirStep() {
    func stepSize(stepping: any SemilinearMethod) -> StepSize { stepping.stepSize }
    #expect(stepSize(stepping: ETDRK4(step: 1e-3)) == .fixed(1e-3))
    #expect(stepSize(stepping: SBDF2(step: 1).with(.fixed(0.5))) == .fixed(0.5))
    #expect(
      stepSize(stepping: Tsitouras54(relativeTolerance: 1e-6, absoluteTolerance: 1e-9, initialStep: 0.1))
        == .adaptive(StepControl(relativeTolerance: 1e-6, absoluteTolerance: 1e-9, initialStep: 0.1)))
    #expect(SBDF4(step: 0.25).startingMethod?.stepSize == .fixed(0.25))
  }

  @Test func firstSameAsLast() {
    let names = Steppers.all.filter(\.isFirstSameAsLast).map(\.name)
    #expect(names == ["DormandPrince54", "Tsitouras54"])
    // To the bit, so that reusing N of the last stage changes nothing.
    for method in [DormandPrince54(step: 1), Tsitouras54(step: 1)] as [any SemilinearMethod] {
      let table = method.table(Complex(-0.7, 1.3))
      let last = table.stages[5]
      #expect(last.state == table.solution.state && method.nodes[6] == 1)
      #expect(
        last.nonlinear == Array(table.solution.nonlinear.dropLast()) && table.solution.nonlinear[6] == nil)
    }
  }
}
