import Autodiff
import Foundation
import Tensors
import Testing

@Suite("Gradients at once, and checks of recordings")
struct EagerTests {
  @Test("gradients of closures")
  func gradients() throws {
    let x = Tensor<Double>([0.3, -1.2, 2])
    let slope = gradient(at: x) { sin($0) * 2 }
    for (a, b) in zip(slope.elements, x.elements) { #expect(abs(a - 2 * cos(b)) <= 1e-15) }
    let (value, slopes) = valueAndGradients(at: [x, Tensor([2.0, 3, 4])]) { ($0[0] * $0[1]).sum(axes: nil) }
    #expect(abs(value.scalar - (0.6 - 3.6 + 8)) <= 1e-15)
    #expect(slopes[0].elements == [2, 3, 4] && slopes[1] == x)
    // A function that does not depend on its argument.
    #expect(gradient(at: x) { _ in Tensor(3) }.elements == [0, 0, 0])
    struct Refusal: Error {}
    #expect(throws: Refusal.self) { try gradient(at: x) { _ in throw Refusal() } }
  }

  @Test("a computation of its inputs alone is recorded alike")
  func same() {
    let weights = Tensor<Double>([1.5, .nan, 2])
    let difference = Program<Double>.recordingDifference([.batched([4, 3]), .shared([3])]) { v in
      let y = tanh(v[0] * weights + v[1])
      return [y] + Autodiff.gradients(of: y.sum(axes: nil), withRespectTo: [v[1]])
    }
    #expect(difference == nil)
  }

  @Test("hidden state is found, and the first value that it changes is named")
  func hidden() throws {
    var calls = 0.0
    let number = Program<Double>.recordingDifference([.shared([3])]) { v in
      calls += 1
      return [sin(v[0]) * Tensor([calls, 1, 1])]
    }
    let found = try #require(number)
    #expect(found.index == 2)
    #expect(found.first.contains("sum 3.0") && found.second.contains("sum 4.0"), "\(found)")

    var isFirst = true
    let branch = Program<Double>.recordingDifference([.shared([3])]) { v in
      defer { isFirst = false }
      return [isFirst ? sin(v[0]) : cos(v[0])]
    }
    #expect(try #require(branch).description.contains("value 1"))
    #expect(try #require(branch).first.contains("sin") && #require(branch).second.contains("cos"))

    // One value more, and another output of equal graphs.
    isFirst = true
    let more = Program<Double>.recordingDifference([.shared([3])]) { v in
      defer { isFirst = false }
      let y = sin(v[0])
      return [isFirst ? y : exp(y)]
    }
    #expect(try #require(more).first == "nothing")
    isFirst = true
    let output = Program<Double>.recordingDifference([.shared([3])]) { v in
      defer { isFirst = false }
      let (y, z) = (sin(v[0]), cos(v[0]))
      return [isFirst ? y : z]
    }
    #expect(try #require(output).first.hasPrefix("output 0"))
  }

  @Test("a stream that is drawn from while recording is found")
  func stream() throws {
    var stream = RandomStream(seed: 3)
    let difference = Program<Double>.recordingDifference([.shared([4])]) { v in
      [v[0] * Tensor.randomUniform([4], in: 0..<1, from: &stream)]
    }
    #expect(try #require(difference).first.contains("constant"))
  }

  @Test("ANSATZ_CHECK_RECORDING=1 stops a process with such a program, and no other")
  func environment() async {
    await #expect(processExitsWith: .failure) {
      setenv("ANSATZ_CHECK_RECORDING", "1", 1)
      var calls = 0.0
      _ = Program<Double>([.shared([2])]) { v in
        calls += 1
        return [v[0] * calls]
      }
    }
    await #expect(processExitsWith: .success) {
      setenv("ANSATZ_CHECK_RECORDING", "1", 1)
      _ = Program<Double>([.shared([2])]) { [sin($0[0])] }
    }
    await #expect(processExitsWith: .success) {
      unsetenv("ANSATZ_CHECK_RECORDING")
      var calls = 0.0
      _ = Program<Double>([.shared([2])]) { v in
        calls += 1
        return [v[0] * calls]
      }
    }
  }
}
