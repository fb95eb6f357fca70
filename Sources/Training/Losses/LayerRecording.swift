import Autodiff
import Optimizers
import Tensors

/// The recording of statistics of affine maps: which parameters are maps is read from the graph, so that any model whose
/// maps stand in it as products of rows with a matrix has them, whatever its layers are.
struct LayerRecording<Scalar: OptimizerScalar> {
  /// Residuals at one kind of samples.
  struct Group {
    let name: String
    /// Numbers whose squares are summed, one column [samples, 1] each.
    let columns: [Tensor<Scalar>]
    /// The batched inputs that they depend on.
    let inputs: [Tensor<Scalar>]
    var samples: Int { columns[0].shape[0] }
  }

  private typealias Product = AffineUses<Scalar>.Product

  let statistics: LayerStatistics
  let layout: LayerFactorLayout
  /// What is recorded: the gradient's parts, then the factors'.
  private(set) var outputs: [Tensor<Scalar>] = []
  private(set) var copies: [LayerFactorCopy] = []
  private(set) var constants: [LayerFactorConstant] = []

  private let parameters: [Tensor<Scalar>]
  private let segments: [ParameterLayout.Segment]
  private let groups: [Group]
  /// For each map, which parameters it is made of.
  private let places: [(weight: Int, bias: Int?)]
  /// Parameters of no map.
  private let others: [Int]
  /// The products of every map in every group.
  private let products: [[[Product]]]

  /// Records the gradient of the loss, and statistics.
  ///
  /// - Parameters:
  ///   - loss: Half the sum of squares of all columns, or for moments any loss.
  ///   - parameters: The recorded parameters, in the order of `segments`.
  /// - Throws: `DifferentiationError` where a parameter of no map mixes samples.
  init(
    _ statistics: LayerStatistics, loss: Tensor<Scalar>, groups: [Group], parameters: [Tensor<Scalar>],
    segments: [ParameterLayout.Segment]
  ) throws {
    (self.statistics, self.groups) = (statistics, groups)
    (self.parameters, self.segments) = (parameters, segments)
    let matrices = segments.indices.filter { segments[$0].shape.count == 2 && !segments[$0].isComplex }
    let vectors = segments.indices.filter { segments[$0].shape.count == 1 && !segments[$0].isComplex }
    let uses = affineUses(
      of: matrices.map { parameters[$0] }, biases: vectors.map { parameters[$0] },
      in: [loss] + groups.flatMap(\.columns))
    let recorder = loss.recorded!.recorder
    var layers: [AffineLayer] = []
    var places: [(weight: Int, bias: Int?)] = []
    var products: [[[Product]]] = groups.map { _ in [] }
    let needed = groups.map { recorder.ancestors(of: $0.columns.map(recorder.index(of:))) }
    for (matrix, use) in zip(matrices, uses) {
      guard let use else { continue }
      let own = groups.indices.map { group in
        use.products.filter { needed[group][recorder.index(of: $0.output)] }
      }
      // Each product has rows of its own for each sample, in one group.
      guard
        own.reduce(0, { $0 + $1.count }) == use.products.count,
        zip(own, groups).allSatisfy({ own, group in
          own.allSatisfy { $0.input.shape[0] % group.samples == 0 }
        })
      else { continue }
      let bias = use.bias.map { vectors[$0] }
      layers.append(
        AffineLayer(
          name: segments[matrix].name, inputs: segments[matrix].shape[0],
          outputs: segments[matrix].shape[1], weight: segments[matrix].range,
          bias: bias.map { segments[$0].range }))
      places.append((matrix, bias))
      for group in groups.indices { products[group].append(own[group]) }
    }
    let covered = Set(places.flatMap { [$0.weight] + ($0.bias.map { [$0] } ?? []) })
    others = segments.indices.filter { !covered.contains($0) }
    (self.places, self.products) = (places, products)
    switch statistics {
    case .gaussNewton(let limit):
      layout = LayerFactorLayout(
        layers: layers, groups: groups.map(\.name), others: others.map { segments[$0].range },
        denseLimit: limit)
      recordGradientOfOthers(loss)
      try recordGaussNewton()
    case .moments:
      layout = LayerFactorLayout(layers: layers, groups: ["loss"], others: [], denseLimit: 0)
      recordGradientOfOthers(loss)
      recordMoments(loss)
    }
  }

  // MARK: - Outputs

  private mutating func append(_ value: Tensor<Scalar>, toGradient segment: Int) {
    append(value, isGradient: true, start: segments[segment].range.lowerBound, rows: 1, columns: value.count)
  }

  private mutating func append(
    _ value: Tensor<Scalar>, isGradient: Bool = false, start: Int, rows: Int, columns: Int, leading: Int = 0
  ) {
    copies.append(
      .init(
        output: outputs.count, isGradient: isGradient, start: start, rows: rows, columns: columns,
        leading: leading))
    outputs.append(value)
  }

  private func sum(_ terms: [Tensor<Scalar>]) -> Tensor<Scalar>? {
    terms.isEmpty ? nil : terms.dropFirst().reduce(terms[0], +)
  }

  private mutating func recordGradientOfOthers(_ loss: Tensor<Scalar>) {
    for (segment, slope) in zip(others, gradients(of: loss, withRespectTo: others.map { parameters[$0] })) {
      append(slope, toGradient: segment)
    }
  }

  // MARK: - Factors

  /// A, as the mean over rows.
  private mutating func recordInputs(_ group: Int, _ layer: Int, _ products: [Product]) {
    let factor = layout.inputs(group, layer)
    let (inputs, order) = (layout.layers[layer].inputs, factor.order)
    let rows = products.reduce(0) { $0 + $1.input.shape[0] }
    guard rows > 0 else { return }
    let share = Scalar(1 / Double(rows))
    let biased = products.filter(\.hasBias)
    let biasShare = Double(biased.reduce(0) { $0 + $1.input.shape[0] }) / Double(rows)
    if factor.isDiagonal {
      let squares = sum(products.map { $0.input.squared.sum(axis: 0) })!
      append(squares * share, start: factor.start, rows: 1, columns: inputs)
      if order > inputs { constants.append(.init(place: factor.start + inputs, value: biasShare)) }
      return
    }
    let squares = sum(products.map { batchedMatmul($0.input, $0.input, transposeA: true) })!
    append(squares * share, start: factor.start, rows: inputs, columns: inputs, leading: order)
    guard order > inputs, let edge = sum(biased.map { $0.input.sum(axis: 0) }) else { return }
    let mean = edge * share
    append(mean, start: factor.start + inputs * order, rows: 1, columns: inputs)
    append(mean, start: factor.start + inputs, rows: inputs, columns: 1, leading: order)
    constants.append(.init(place: factor.start + inputs * (order + 1), value: biasShare))
  }

  /// The gradient of a map from the gradients of the results of its products.
  private func gradient(_ products: [Product], _ slopes: [Tensor<Scalar>]) -> (
    weight: Tensor<Scalar>?, bias: Tensor<Scalar>?
  ) {
    let pairs = zip(products, slopes)
    return (
      sum(pairs.map { batchedMatmul($0.input, $1, transposeA: true) }),
      sum(pairs.filter { $0.0.hasBias }.map { $1.sum(axis: 0) })
    )
  }

  /// The gradients of maps are added up over groups.
  private mutating func recordGradients(_ slopes: [[[Tensor<Scalar>]]]) {
    for layer in layout.layers.indices {
      let parts = groups.indices.map { gradient(products[$0][layer], slopes[$0][layer]) }
      if let weight = sum(parts.compactMap(\.weight)) { append(weight, toGradient: places[layer].weight) }
      if let place = places[layer].bias, let bias = sum(parts.compactMap(\.bias)) {
        append(bias, toGradient: place)
      }
    }
  }

  private mutating func recordGaussNewton() throws {
    let recorder = outputs.first?.recorded?.recorder ?? groups[0].columns[0].recorded!.recorder
    var slopes: [[[Tensor<Scalar>]]] = []
    for (index, group) in groups.enumerated() {
      let own = products[index]
      let flat = own.flatMap { $0 }
      // The gradient of the loss is that of the columns, each weighed by itself: no sweep of its own.
      var loss = [Tensor<Scalar>?](repeating: nil, count: flat.count)
      var squares = [[Tensor<Scalar>]](repeating: [], count: flat.count)
      for column in group.columns {
        let ancestors = recorder.ancestors(of: [recorder.index(of: column)])
        let reached = flat.indices.filter { ancestors[recorder.index(of: flat[$0].output)] }
        let adjoints = gradients(of: column, withRespectTo: reached.map { flat[$0].output })
        for (product, adjoint) in zip(reached, adjoints) {
          squares[product].append(adjoint)
          let weighed = scaled(adjoint, by: column)
          loss[product] = loss[product].map { $0 + weighed } ?? weighed
        }
      }
      var start = 0
      slopes.append([])
      for (layer, products) in own.enumerated() {
        let range = start..<start + products.count
        start = range.upperBound
        recordInputs(index, layer, products)
        let factor = layout.outputs(index, layer)
        let adjoints = squares[range].flatMap { $0 }
        if factor.isDiagonal {
          if let squares = sum(adjoints.map { $0.squared.sum(axis: 0) }) {
            append(squares, start: factor.start, rows: 1, columns: factor.order)
          }
        } else if let squares = sum(adjoints.map { batchedMatmul($0, $0, transposeA: true) }) {
          append(squares, start: factor.start, rows: 1, columns: factor.count)
        }
        // Every product of the group is reached from one of its columns.
        slopes[index].append(range.map { loss[$0]! })
      }
    }
    recordGradients(slopes)
    try recordDiagonal()
  }

  /// Rows of an adjoint times the number of their sample.
  private func scaled(_ adjoint: Tensor<Scalar>, by column: Tensor<Scalar>) -> Tensor<Scalar> {
    let (rows, samples) = (adjoint.shape[0], column.shape[0])
    if rows == samples { return adjoint * column }
    return (adjoint.reshaped([samples, adjoint.count / samples]) * column).reshaped(adjoint.shape)
  }

  /// The diagonal of Jᵀ J for parameters of no map, by gradients sample by sample.
  private mutating func recordDiagonal() throws {
    guard !others.isEmpty else { return }
    var sums = [[Tensor<Scalar>]](repeating: [], count: others.count)
    for group in groups {
      for column in group.columns {
        let rows = try sampleGradients(
          of: column, withRespectTo: others.map { parameters[$0] }, inputs: group.inputs)
        for (i, row) in rows.enumerated() { sums[i].append(row.squared.sum(axis: 0)) }
      }
    }
    var start = layout.othersStart
    for (i, segment) in others.enumerated() {
      let count = segments[segment].range.count
      if let square = sum(sums[i]) { append(square, start: start, rows: 1, columns: count) }
      start += count
    }
  }

  private mutating func recordMoments(_ loss: Tensor<Scalar>) {
    let all = products.flatMap { $0.flatMap { $0 } }
    let adjoints = gradients(of: loss, withRespectTo: all.map(\.output))
    var start = 0
    var slopes: [[[Tensor<Scalar>]]] = []
    for own in products {
      slopes.append([])
      for layer in own {
        slopes[slopes.count - 1].append(Array(adjoints[start..<start + layer.count]))
        start += layer.count
      }
    }
    for layer in layout.layers.indices {
      let joined = products.flatMap { $0[layer] }
      recordInputs(0, layer, joined)
      let share = Scalar(1 / Double(joined.reduce(0) { $0 + $1.output.shape[0] }))
      let factor = layout.outputs(0, layer)
      let squares = slopes.flatMap { $0[layer] }.map { $0.squared.sum(axis: 0) }
      append(sum(squares)! * share, start: factor.start, rows: 1, columns: factor.order)
    }
    recordGradients(slopes)
  }
}
