import Ansatz
import Foundation

/// Losses around trained networks of Burgers' equation with growing drifts c, of a network in x and t and of Lagrangian ones,
/// whose coordinates move with the drift or, as in the paper, do not (Mojgani, Balajewicz & Hassanzadeh 2023, section 4).
///
/// The plane is spanned by two random directions whose parts have the norms of the parameters' own (filter normalisation,
/// Li et al. 2018).
struct LossLandscape: PinnStudy {
  let name = "landscape"

  /// Points along each direction.
  private static let count = 25
  private static let speeds = [0.0, 10, 30, 50, 70]
  private static let models = [
    ("PINN", "pinn --soft --widths 20,20 --optimizer lm --inside 1000 --renew 20"),
    ("LPINN", "lpinn --widths 20,20 --optimizer lm --inside 1000 --renew 20"),
    ("LPINN, drift kept", "lpinn --keep-drift --widths 20,20 --optimizer lm --inside 1000 --renew 20"),
  ]

  /// A plane of losses.
  private struct Plane {
    let error: Double
    /// Losses, first direction first.
    let losses: [Double]

    var least: Double { losses.min()! }
    /// The median loss at the rim of the plane.
    var rim: Double {
      let n = LossLandscape.count
      let rim = losses.indices.filter { $0 / n == 0 || $0 / n == n - 1 || $0 % n == 0 || $0 % n == n - 1 }
      return rim.map { losses[$0] }.sorted()[rim.count / 2]
    }
  }

  func run(_ options: BenchmarkOptions) throws -> [BenchmarkRecord] {
    let seconds = options.isQuick ? 5.0 : 20.0
    report(
      "\nlandscape: losses around networks that were trained for \(Int(seconds)) s on u_t + (u + c) u_x = 0.01 u_xx; the rim is as far away "
        + "as the parameters are long\n")
    report("model                c    error after training   loss there   median loss at the rim")
    var records: [BenchmarkRecord] = []
    var drawn: [(name: String, planes: [Plane])] = []
    for (model, command) in Self.models {
      var planes: [Plane] = []
      for speed in Self.speeds {
        let problem = DriftingBurgers(drift: speed)
        let words =
          command.split(separator: " ").map(String.init) + ["--until", "1", "--seconds", "\(seconds)"]
        var request = try TrainRequest(words, problem: problem)
        request.suppliedReference =
          try PinnReference(
            PinnCase(
              name: name, problem: problem, rows: [], marks: [],
              classical: .spectral(points: [512], step: 2e-4))
          ).points
        let plane = try request.hand(to: Survey(request: request))
        if Interruption.signalName != nil { return records }
        planes.append(plane)
        report(
          model.padded(19)
            + String(format: "%3.0f  %21.2e  %11.2e  %23.2e", speed, plane.error, plane.least, plane.rim))
        records.append(
          BenchmarkRecord(
            name: "landscape \(model) c = \(Int(speed))",
            figures: ["relative L2 error": plane.error, "loss": plane.least, "loss at the rim": plane.rim]))
      }
      drawn.append((model, planes))
    }
    if let folder = options.plots { try draw(drawn, folder) }
    return records
  }

  /// One picture for each model, in the same colours.
  private func draw(_ models: [(name: String, planes: [Plane])], _ folder: URL) throws {
    let axis = (0..<Self.count).map { 2 * Double($0) / Double(Self.count - 1) - 1 }
    func fields(_ planes: [Plane]) -> [[Double]] {
      planes.map { $0.losses.map { Foundation.log10(max($0, 1e-16)) } }
    }
    var style = FieldStyle(
      valueName: "log10 of the loss", axisNames: ["first direction", "second", ""], width: 1360)
    style.range = ColorMap.range(of: models.flatMap { fields($0.planes) })
    for (name, planes) in models {
      style.title = "\(name): loss around trained parameters, u_t + (u + c) u_x = 0.01 u_xx"
      let image = FieldImage.sequence(
        fields(planes), titles: Self.speeds.map { "c = \(Int($0))" },
        on: RectilinearGrid(coordinates: [axis, axis]), style: style)
      try AtomicFile.write(
        PNG.encode(image), to: folder.appendingPathComponent("landscape-\(name.asFileName).png"))
    }
  }

  /// A training, and the losses around where it ends.
  private struct Survey: TaskUser {
    let request: TrainRequest

    func callAsFunction<Task: TrainingTask>(_ task: Task, title: String) throws -> Plane
    where Task.Scalar: OptimizerScalar {
      typealias Scalar = Task.Scalar
      let result = try Trainer(
        task, optimizer: try request.optimizer(for: task),
        settings: .init(steps: request.steps, seconds: request.seconds, measuresEvery: request.measuresEvery)
      ).run { _ in Interruption.signalName.map { "interrupted by \($0)" } }
      let centre = result.bestParameters
      var stream = RandomStream(seed: 1, stream: 7)
      let directions = (0..<2).map { _ in
        Tensor<Scalar>.concatenated(
          task.objective.layout.segments.map { segment in
            let own = centre.slice(axis: 0, segment.range)
            let drawn = Tensor<Scalar>.randomNormal([own.count], from: &stream)
            return drawn * (own.norm() / drawn.norm())
          })
      }
      let n = LossLandscape.count
      var losses: [Double] = []
      for i in 0..<n {
        for j in 0..<n {
          let (a, b) = (2 * Double(i) / Double(n - 1) - 1, 2 * Double(j) / Double(n - 1) - 1)
          losses.append(
            try task.objective.value(at: centre + directions[0] * Scalar(a) + directions[1] * Scalar(b)))
        }
      }
      return Plane(error: result.error ?? .nan, losses: losses)
    }
  }
}
