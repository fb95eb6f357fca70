import AllocationCounter
import Autodiff
import NeuralNetworks
import Optimizers
import Tensors
import Testing
import Transforms

/// A step of training, parameters and gradients in one vector each.
private final class TrainingStep {
  let program: Program<Float>
  let layout: ParameterLayout
  private var parameters: Tensor<Float>
  private var gradient: Tensor<Float>
  private var adam = Adam<Float>()
  private let data: [Tensor<Float>]

  init(_ model: some Module<Float>, input: [Int], output: [Int], _ call: (Tensor<Float>) -> Tensor<Float>) {
    var stream = RandomStream(seed: 3)
    data = [
      .randomNormal(input, from: &stream), .randomNormal(output, from: &stream),
    ]
    let all = model.trainableParameters
    var layout = ParameterLayout()
    for p in all { layout = layout.appending(p.name, shape: p.parameter.wrappedValue.shape) }
    self.layout = layout
    let flat = all.map { $0.parameter.wrappedValue.reshaped([$0.parameter.wrappedValue.count]) }
    parameters = flat.isEmpty ? .zeros([0]) : .concatenated(flat)
    gradient = .zeros([layout.count])
    let inputs: [ProgramInput] = [.batched(input), .batched(output)]
    program = Program<Float>(inputs + layout.segments.map { .shared($0.shape) }) { v in
      let own = Array(v[2...])
      return recording(all.map(\.parameter), as: own) {
        let loss = (call(v[0]) - v[1]).squared.mean(axes: nil)
        return [loss] + gradients(of: loss, withRespectTo: [v[0]] + own)
      }
    }
    adam.prepare(for: layout)
  }

  /// One step; the allocations that this thread made in it.
  func run() -> Int {
    data[0].withUnsafeBufferPointer { x in
      data[1].withUnsafeBufferPointer { y in
        parameters.withUnsafeMutableBufferPointer { p in
          gradient.withUnsafeMutableBufferPointer { g in
            let before = allocation_count()
            program.bind(0, x.baseAddress!)
            program.bind(1, y.baseAddress!)
            for i in layout.segments.indices {
              program.bind(2 + i, p.baseAddress! + layout.segments[i].range.lowerBound)
            }
            program.run()
            for i in layout.segments.indices {
              let range = layout.segments[i].range
              (g.baseAddress! + range.lowerBound).update(
                from: program.output(2 + i).baseAddress!, count: range.count)
            }
            if layout.count > 0 {
              adam.update(p.baseAddress!, gradient: g.baseAddress!, UpdateContext(loss: 0, gradientNorm: 0))
            }
            return Int(allocation_count() - before)
          }
        }
      }
    }
  }

  var loss: Float { program.output(0)[0] }
}

/// Normalization, attention, and the input added.
private struct Block: Layer {
  typealias Scalar = Float
  let norm: LayerNorm<Float>
  let attention: MultiHeadAttention<Float>
  func callAsFunction(_ x: Tensor<Float>) -> Tensor<Float> { x + attention(norm(x)) }
}

@Suite("Replays of training steps", .serialized, .enabled(if: allocation_count_is_available() == 1))
struct ReplayTests {
  private func check(_ step: TrainingStep, learns: Bool = true) {
    for _ in 0..<2 { _ = step.run() }
    let first = step.loss
    var counts: [Int] = []
    for _ in 0..<4 { counts.append(step.run()) }
    #expect(counts.allSatisfy { $0 == 0 }, "\(counts) allocations")
    #expect(step.loss.isFinite)
    if learns { #expect(step.loss < first) }
  }

  @Test("a multilayer perceptron allocates nothing", arguments: [[32, 64, 64, 16], [3, 50, 51, 1]])
  func perceptron(widths: [Int]) {
    var stream = RandomStream(seed: 1)
    let model = MLP<Float>(widths, from: &stream)
    check(TrainingStep(model, input: [500, widths[0]], output: [500, widths[3]]) { model($0) })
  }

  @Test("convolutions allocate nothing", arguments: PaddingMode.allCases)
  func convolutions(mode: PaddingMode) {
    var stream = RandomStream(seed: 2)
    let model = Sequential<Float>([
      Convolution(6, 8, kernel: [3, 3], mode: mode, from: &stream), Activation.gelu, GroupNorm(8, groups: 2),
      Convolution(8, 6, kernel: [3, 3], mode: mode, from: &stream),
    ])
    check(TrainingStep(model, input: [9, 6, 16, 16], output: [9, 6, 16, 16]) { model($0) })
  }

  // Narrow heads and odd widths too, for which OpenBLAS would take memory in every product.
  @Test("attention allocates nothing", arguments: [(96, 3), (48, 6), (24, 3), (50, 5)])
  func attention(width: Int, heads: Int) {
    var stream = RandomStream(seed: 3)
    let model = Block(
      norm: LayerNorm(width), attention: MultiHeadAttention(width, heads: heads, from: &stream))
    check(TrainingStep(model, input: [40, 17, width], output: [40, 17, width]) { model($0) })
  }

  @Test("shifted windows allocate nothing")
  func windows() {
    var stream = RandomStream(seed: 4)
    let model = WindowAttention<Float>(12, heads: 2, window: 4, shift: 2, from: &stream)
    check(TrainingStep(model, input: [5, 8, 8, 12], output: [5, 8, 8, 12]) { model($0) })
  }

  @Test("spectral convolutions allocate nothing")
  func spectral() {
    var stream = RandomStream(seed: 5)
    let model = SpectralConvolution<Float>(4, 4, modes: [3, 4], from: &stream)
    check(TrainingStep(model, input: [9, 4, 12, 16], output: [9, 4, 12, 16]) { model($0) })
  }

  @Test("dropout and Fourier transforms allocate nothing")
  func primitives() {
    let dropout = Dropout<Float>(rate: 0.25, seed: 7)
    let (there, back) = (
      RealFourierTransform<Float>([7]), RealFourierTransform<Float>([7], isBackward: true)
    )
    check(
      TrainingStep(dropout, input: [33, 3, 7], output: [33, 3, 7]) { x in
        back(there(dropout(x, step: Tensor(2))).squared)
      }, learns: false)
  }
}
