import Tensors

/// EFCP: M-FAC with a window of sparse gradients, whose left-out elements are made up for later (Modoranu, Kalinov, Kurtic,
/// Frantar and Alistarh, 2024).
///
///     a = e + g,   c = the k elements of a that are largest in magnitude,   e ← a − c
///     F = λ I + (1/n) Σ cᵢ cᵢᵀ over the last m of them,   x ← x − rate · F⁻¹ c,   or F⁻¹ g
///
/// Each step moves only coordinates that are in the window, so that the first ones move few, unless F⁻¹ is applied to the
/// whole gradient. With all elements kept, this is ``MFAC``, bit by bit. Memory is a vector and m times k values with
/// their indices.
public struct EFCP<Scalar: OptimizerScalar>: UpdateRule {
  /// The rate.
  public var rate: Schedule
  /// The part of the elements that is kept; at least one is.
  public let density: Double
  /// m.
  public let windowSize: Int
  /// λ.
  public let damping: Double
  /// Whether F⁻¹ is applied to the whole gradient.
  public let movesAll: Bool

  public var name: String { "EFCP" }
  public private(set) var layout: ParameterLayout?
  private var window: SparseWindow<Scalar>
  /// e.
  private var rest = Tensor<Scalar>.zeros([0])
  private var growths = 0
  private var gradientScratch = GradientScratch<Scalar>()
  private var scratch = Scratch<Memory>()

  private final class Memory {
    let taken: Buffer<Scalar>
    init(_ count: Int) { taken = Buffer(count: count) }
  }

  /// EFCP with a rate of 10⁻³, one element in a hundred, 1024 gradients and λ = 10⁻⁵, applied to the kept elements,
  /// unless given.
  public init(
    rate: Schedule = 1e-3, density: Double = 0.01, windowSize: Int = 1024, damping: Double = 1e-5,
    movesAll: Bool = false
  ) {
    precondition(
      density > 0 && density <= 1 && windowSize > 0 && damping > 0,
      "EFCP needs a density in (0, 1], a window and a damping > 0, not \(density), \(windowSize) and \(damping)"
    )
    (self.rate, self.density, self.windowSize) = (rate, density, windowSize)
    (self.damping, self.movesAll) = (damping, movesAll)
    window = SparseWindow(capacity: 1, length: 0, elements: 0, damping: damping)
  }

  public var stepCount: Int { window.system.appended }

  /// Elements kept of gradients of a length.
  private func elements(_ length: Int) -> Int {
    min(max(Int((density * Double(length)).rounded(.up)), 1), length)
  }

  public mutating func gradientMemory(count: Int) -> GradientMemory<Scalar> {
    gradientScratch.take(count: count)
  }

  public mutating func prepare(for layout: ParameterLayout) {
    let length = layout.count
    precondition(length <= Int(Int32.max), "EFCP keeps indices of 32 bits, too few for \(length) parameters")
    self.layout = layout
    window = SparseWindow(
      capacity: windowSize, length: length, elements: elements(length), damping: damping)
    rest = .zeros([length])
    scratch.drop()
  }

  public func rate(_ context: UpdateContext) -> Double { rate.value(at: stepCount) * context.rateFactor }

  public func diagnose(_ diagnostics: inout StepDiagnostics) {
    diagnostics["gradients"] = Double(window.system.count)
    diagnostics["growths of damping"] = Double(growths)
  }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    guard let layout, layout.count > 0 else { return }
    let (rate, length) = (rate(context), layout.count)
    let memory = scratch.take { Memory(length) }
    let taken = memory.taken.pointer
    rest.withUnsafeMutableBufferPointer {
      Scalar.axpy(1, gradient, $0.baseAddress!, count: length)
      window.take(from: $0.baseAddress!, into: taken)
    }
    let direction = movesAll ? gradient : taken
    growths = window.applyInverse(direction, isLast: !movesAll)
    Scalar.axpy(Scalar(-rate), direction, x, count: length)
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    guard layout != nil else { return state }
    state.tensors = ["values": window.values, "rest": rest]
    state.doubles = [
      "products": window.system.gram,
      "indices": Tensor(shape: window.values.shape, window.indices.map(Double.init)),
    ]
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return self.layout = nil }
    let (length, elements) = (layout.count, elements(layout.count))
    let places = try state.double("indices", [windowSize, elements])
    let indices = places.elements.compactMap { Int32(exactly: $0) }
    guard indices.count == windowSize * elements,
      indices.allSatisfy({ (0..<max(length, 1)).contains(Int($0)) })
    else { throw .missing(method: name, entry: "indices") }
    let rest = try state.tensor("rest", [length])
    window = SparseWindow(
      damping: damping, appended: state.step, length: length,
      values: try state.tensor("values", [windowSize, elements]), indices: indices,
      gram: try state.double("products", [windowSize, windowSize]))
    (self.rest, self.layout) = (rest, layout)
    scratch.drop()
  }
}
