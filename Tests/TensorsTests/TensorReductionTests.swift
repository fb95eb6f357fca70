import Foundation
import Tensors
import Testing

@Suite("Reductions of tensors")
struct TensorReductionTests {
  @Test("reductions over all elements")
  func all() {
    let count = 50_000
    let x = Tensor<Double>.arange(count)
    #expect(x.sum() == Double(count) * Double(count - 1) / 2)
    #expect(x.mean() == Double(count - 1) / 2)
    #expect(x.max() == Double(count - 1) && x.min() == 0)
    #expect((-x).maxMagnitude() == Double(count - 1))
    let ones = Tensor<Double>.ones([count])
    #expect(x.dot(ones) == x.sum())
    #expect(abs(ones.norm() - Double(count).squareRoot()) < 1e-12)
    #expect(Tensor<Float>.arange(100).reshaped([4, 25]).sum() == 4950)
  }

  @Test("a NaN anywhere reaches the extremes, and no elements give the neutral value")
  func special() {
    for place in [0, 8191, 8192, 20_000, 29_999] {
      var x = Tensor<Double>.arange(30_000)
      x[place] = .nan
      #expect(x.max().isNaN && x.min().isNaN && x.maxMagnitude().isNaN && x.sum().isNaN)
    }
    let none = Tensor<Double>.zeros([0])
    #expect(none.sum() == 0 && none.max() == -.infinity && none.min() == .infinity && none.mean().isNaN)
  }

  @Test("the error of a long sum in single precision stays small")
  func accuracy() {
    let count = 1 << 22
    let x = Tensor<Float>.full([count], 0.1)
    let exact = Double(Float(0.1)) * Double(count)
    #expect(abs(Double(x.sum()) / exact - 1) < 1e-6)
  }

  @Test("reductions over one axis", arguments: [0, 1, 2, -1, -2, -3])
  func axes(axis: Int) {
    var stream = RandomStream(seed: 2)
    let x = Tensor<Double>.randomNormal([4, 5, 6], from: &stream)
    let positive = axis < 0 ? axis + 3 : axis
    let entries = (0..<x.shape[positive]).map { x.entry(axis: positive, $0) }
    let sum = entries.dropFirst().reduce(entries[0], +)
    #expect((x.sum(axis: axis) - sum).maxMagnitude() < 1e-14)
    #expect((x.mean(axis: axis) * Double(entries.count) - sum).maxMagnitude() < 1e-14)
    #expect(x.max(axis: axis) == entries.dropFirst().reduce(entries[0], max))
    #expect(x.min(axis: axis) == entries.dropFirst().reduce(entries[0], min))
    var kept = x.shape
    kept[positive] = 1
    #expect(x.sum(axis: axis, keepingAxis: true).shape == kept)
    #expect((x - x.mean(axis: axis, keepingAxis: true)).sum(axis: axis).maxMagnitude() < 1e-14)
  }

  @Test("long rows and many rows are reduced alike")
  func shapes() {
    let long = Tensor<Double>.arange(60_000).reshaped([2, 30_000])
    #expect(long.sum(axis: 1).elements == [449_985_000, 1_349_985_000])
    let many = Tensor<Double>.arange(60_000).reshaped([30_000, 2])
    #expect(many.sum(axis: 1).elements.enumerated().allSatisfy { $1 == Double(4 * $0 + 1) })
    #expect(many.sum(axis: 0).elements == [899_970_000, 900_000_000])
  }
}
