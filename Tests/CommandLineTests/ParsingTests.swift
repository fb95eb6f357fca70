import Ansatz
import AnsatzCLI
import Testing

@Suite struct ParsingTests {
  private let options = [
    Option("points", "N", ""), Option("step", "H", ""), Option("quiet", nil, ""), Option("help", nil, ""),
  ]

  private func parse(_ words: String...) throws -> ParsedArguments {
    try ParsedArguments(words, options: options, command: "ansatz test")
  }

  @Test func optionsStandAnywhereAndTakeValuesInBothForms() throws {
    let arguments = try parse("a", "--step", "-1e-3", "b", "--points=3,4", "--quiet", "--", "--c")
    #expect(arguments.positional == ["a", "b", "--c"])
    #expect(try arguments.number("step") == -1e-3)
    #expect(try arguments.integers("points", atLeast: 1, what: "points") == [3, 4])
    #expect(arguments.has("quiet") && !arguments.has("help"))
  }

  @Test func mistakesNameTheRemedy() {
    func message(_ words: String...) -> String {
      do {
        _ = try ParsedArguments(words, options: options, command: "ansatz test")
        return ""
      } catch { return "\(error)" }
    }
    #expect(message("--pionts", "3").contains("did you mean '--points'?"))
    #expect(message("--step").contains("--step H"))
    #expect(message("--step", "--quiet").contains("needs a value"))
    #expect(message("--step", "1", "--step=2").contains("twice"))
    #expect(message("--quiet=1").contains("takes no value"))
    #expect(message("-x").contains("'-x'"))
  }

  @Test(arguments: ["nan", "inf", "-inf", "abc", "0x1p3", "1e400", "", " 1", "1,2"])
  func numbersAreFiniteDecimals(_ text: String) {
    #expect(throws: UsageError.self) { try parse("--step=\(text)").number("step") }
  }

  @Test(arguments: ["0", "-5", "2.5", "1e30", "4,", ",4", "four"])
  func countsAreWholeAndLargeEnough(_ text: String) {
    #expect(throws: UsageError.self) {
      try parse("--points=\(text)").integers("points", atLeast: 4, what: "points")
    }
  }

  @Test func nearestNames() {
    #expect(NearestName.distance("kitten", "sitting") == 3)
    #expect(NearestName.distance("ab", "ba") == 1)
    #expect(NearestName.distance("", "abc") == 3)
    #expect(NearestName.of("burgerz", among: Catalogue.all.map(\.name)) == "burgers")
    #expect(NearestName.of("navier", among: Catalogue.all.map(\.name)) == "navier-stokes-2d")
    #expect(NearestName.of("qqqqqq", among: Catalogue.all.map(\.name)) == nil)
  }

  private func request(_ words: String...) throws -> SolveRequest {
    let problem = try #require(Catalogue.named("burgers"))
    let known = [
      "viscosity", "points", "step", "tolerance", "until", "frames", "seed", "stepper", "method", "format",
      "dealiasing",
    ]
    let arguments = try ParsedArguments(
      words, options: known.map { Option($0, "V", "") }, command: "ansatz solve")
    return try SolveRequest(arguments, problem: problem)
  }

  @Test func whatIsNotGivenIsSuggested() throws {
    let plain = try request()
    #expect(plain.method.points == [1024] && plain.until == 1 && plain.frames == 51)
    #expect(plain.stepper.name == "ETDRK4" && plain.stepper.stepSize == .fixed(5e-4))
    #expect(plain.formats == [.vtk, .png])
    let short = try request("--until", "1e-4")
    #expect(short.stepper.stepSize == .fixed(1e-4) && short.frames == 2)
    let tight = try request("--tolerance", "1e-6")
    #expect(tight.stepper.stepSize == .adaptive(StepControl(relativeTolerance: 1e-6)))
    #expect(plain.method.dealiasing == "automatic")
    #expect(try request("--dealiasing", "0.80").method.dealiasing == "0.8")
    #expect(try request("--stepper", "sbdf3").stepper.name == "SBDF3")
  }

  @Test(
    arguments: [
      ["--viscosity", "-1"], ["--points", "8,8"], ["--step", "2"], ["--step", "1e-300"], ["--frames", "1"],
      ["--frames", "5000"], ["--tolerance", "1e-3", "--step", "1e-3"], ["--tolerance", "2"],
      ["--tolerance", "1e-3", "--stepper", "SBDF2"], ["--stepper", "Euler"], ["--method", "magic"],
      ["--dealiasing", "inf"], ["--dealiasing", "0"], ["--dealiasing", "most"], ["--tolerance", "1e-300"],
      ["--format", "vkt"], ["--seed", "1.5"], ["--until", "0"],
    ])
  func requestsThatMakeNoSenseAreRefused(_ words: [String]) throws {
    let problem = try #require(Catalogue.named("burgers"))
    let known = [
      "viscosity", "points", "step", "tolerance", "until", "frames", "seed", "stepper", "method", "format",
      "dealiasing",
    ]
    let arguments = try ParsedArguments(
      words, options: known.map { Option($0, "V", "") }, command: "ansatz solve")
    #expect(throws: (any Error).self) { try SolveRequest(arguments, problem: problem) }
  }
}
