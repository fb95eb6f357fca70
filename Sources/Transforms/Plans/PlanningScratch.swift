import Tensors

/// Arrays for the planner to look at, and to overwrite where it measures, with the alignment that the plan will find.
struct PlanningScratch<Scalar: FFTScalar> {
  let input: Buffer<Scalar>
  let output: Buffer<Scalar>

  init(
    axes: [TransformDimension], loops: [TransformDimension], complexInput: Bool, complexOutput: Bool,
    inPlace: Bool
  ) {
    func scalars(_ stride: KeyPath<TransformDimension, Int>, complex: Bool) -> Int {
      let last = (axes + loops).reduce(0) { $0 + ($1.count - 1) * $1[keyPath: stride] }
      return (last + 1) * (complex ? 2 : 1)
    }
    let inputCount = scalars(\.inputStride, complex: complexInput)
    let outputCount = scalars(\.outputStride, complex: complexOutput)
    input = Buffer(uninitialized: inPlace ? max(inputCount, outputCount) : inputCount)
    output = inPlace ? input : Buffer(uninitialized: outputCount)
  }
}
