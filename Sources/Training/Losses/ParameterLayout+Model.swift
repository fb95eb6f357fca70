import Autodiff
import NeuralNetworks
import Optimizers
import Tensors

// Between a model's parameters, which are tensors with names, and the one vector that optimizers work on.

extension ParameterLayout {
  /// One segment for each parameter that is trained, in the model's order.
  init<Scalar: Real>(of model: some Module<Scalar>) {
    self = model.trainableParameters.reduce(ParameterLayout()) {
      $0.appending($1.name, shape: $1.parameter.wrappedValue.shape)
    }
  }

  /// The parts of a vector by name.
  func tensors<Scalar>(of x: Tensor<Scalar>) -> [(name: String, tensor: Tensor<Scalar>)] {
    segments.map { ($0.name, x.slice(axis: 0, $0.range).reshaped($0.shape)) }
  }

  /// All tensors of a model whose trained ones are the parts of a vector.
  func tensors<Scalar>(of x: Tensor<Scalar>, in model: some Module<Scalar>) -> [(
    name: String, tensor: Tensor<Scalar>
  )] {
    let fixed = model.namedParameters.filter { !$0.parameter.isTrainable }
    return tensors(of: x) + fixed.map { ($0.name, $0.parameter.wrappedValue) }
  }

  /// Gives parameters, one for each segment, the parts of a vector.
  func assign<Scalar>(_ x: Tensor<Scalar>, to parameters: [Parameter<Scalar>]) {
    for (parameter, part) in zip(parameters, tensors(of: x)) { parameter.wrappedValue = part.tensor }
  }

  /// Binds the parts of a vector to inputs of a program. The vector is the caller's for as long as the program runs.
  func bind<Scalar>(_ x: Tensor<Scalar>, to program: Program<Scalar>, from first: Int) {
    x.withUnsafeBufferPointer { x in
      for i in segments.indices { program.bind(first + i, x.baseAddress! + segments[i].range.lowerBound) }
    }
  }

  /// Copies one output of a program for each segment into a vector.
  func copy<Scalar>(_ program: Program<Scalar>, from first: Int, to vector: inout Tensor<Scalar>) {
    vector.withUnsafeMutableBufferPointer { out in
      for i in segments.indices {
        let part = program.output(first + i)
        (out.baseAddress! + segments[i].range.lowerBound).update(from: part.baseAddress!, count: part.count)
      }
    }
  }
}

extension Parameter {
  /// The values of parameters, one after another.
  static func vector(of parameters: [Parameter<Scalar>]) -> Tensor<Scalar> {
    .concatenated(parameters.map { $0.wrappedValue.reshaped([$0.wrappedValue.count]) })
  }
}
