import Ansatz
import Foundation

extension FormatGallery {
  /// Figures of every kind, by file name without extension.
  package static func figures() -> [(name: String, image: PixelImage)] {
    let n = 65
    let plane = RectilinearGrid(
      origin: [-2, -1], spacing: [4 / Double(n - 1), 2 / Double(n - 1)], shape: [n, n])
    let bump = sampled(plane) { x, y, _ -> Double in exp(-4 * (x * x + y * y)) + 0.3 * sin(3 * x) * cos(4 * y)
    }
    var holed = bump
    for i in 20..<26 { for j in 20..<26 { holed[i * n + j] = .nan } }
    let box = RectilinearGrid(origin: [0, 0, 0], spacing: [0.05, 0.05, 0.05], shape: [41, 31, 21])
    let wave = sampled(box) { x, y, z -> Double in sin(3 * x) * cos(2 * y + z) * 1e-6 }
    let line = RectilinearGrid(origin: [-1], spacing: [0.01], shape: [201])
    let x = line.coordinates[0]
    let times = (0..<80).map { Double($0) / 40 }
    let frames = times.map { t -> [Double] in
      x.map { x -> Double in tanh(4 * (sin(3 * x - 2 * t) - 0.2 * t)) }
    }
    let steps = (1...6).map { Foundation.pow(0.5, Double($0)) }
    return [
      (
        "plane",
        FieldImage.image(
          of: bump, on: plane,
          style: FieldStyle(title: "Vorticity \u{03C9} at t = 2.5", valueName: "\u{03C9}"))
      ),
      (
        "plane-diverging",
        FieldImage.image(
          of: holed, on: plane,
          style: FieldStyle(
            title: "Cells, a hole, and a scale of its own", colorMap: .coolWarm, range: -1.5...1.5,
            isSmooth: false,
            width: 600))
      ),
      (
        "box",
        FieldImage.image(
          of: wave, on: box,
          style: FieldStyle(title: "Pressure: middle planes", valueName: "p / Pa", width: 1000))
      ),
      (
        "cube-small",
        FieldImage.image(
          of: wave, on: box,
          style: FieldStyle(title: "A title that is rather long for its small figure", width: 360))
      ),
      (
        "tall",
        FieldImage.image(
          of: bump, on: RectilinearGrid(coordinates: [plane.coordinates[1], plane.coordinates[0]]),
          style: FieldStyle(title: "Tall", valueName: "u", width: 480))
      ),
      (
        "line",
        FieldImage.image(
          of: x.map { sin(9 * $0) }, on: line, style: FieldStyle(title: "sin 9x", valueName: "u"))
      ),
      (
        "space-time",
        FieldImage.spaceTime(
          frames, x: x, times: times,
          style: FieldStyle(title: "Travelling fronts", valueName: "u(x, t)", colorMap: .coolWarm))
      ),
      (
        "curves",
        LinePlot(
          title: "Four curves & a legend", xLabel: "x", yLabel: "amplitude",
          curves: (1...4).map { k in
            LinePlot.Curve(
              name: "k = \(k)", x: x, y: x.map { x -> Double in cos(Double(k) * 3 * x) * exp(-x * x) },
              isDashed: k == 4)
          }
        ).image()
      ),
      ("convergence", convergencePlot(steps).image(width: 640, height: 480)),
      (
        "alphabet",
        LinePlot(
          title: "The quick brown fox jumps over the lazy dog 0123456789",
          xLabel: "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ABCDEFGHIJKLMNOPQRSTUVWXYZ",
          yLabel:
            "\u{03B1}\u{03B2}\u{03B3}\u{03B4}\u{03B5}\u{03B7}\u{03B8}\u{03BA}\u{03BB}\u{03BC}\u{03BD}\u{03C0}\u{03C1}\u{03C3}\u{03C4}\u{03C6}\u{03C8}\u{03C9}\u{0394}\u{03A9}\u{2202}\u{2207}\u{221E}\u{00B2}\u{00B3}\u{00B1}\u{00D7}\u{00B7}\u{00B0}",
          curves: [LinePlot.Curve(x: [0, 1], y: [0, 1])]
        ).image(width: 1200, height: 700)
      ),
    ]
  }

  /// A function's values at the points of `grid`, with 0 for axes it does not have.
  package static func sampled(
    _ grid: RectilinearGrid, _ function: (Double, Double, Double) -> Double
  ) -> [Double] {
    let axes = grid.coordinates + [[Double]](repeating: [0], count: 3 - grid.dimension)
    var values: [Double] = []
    for x in axes[0] { for y in axes[1] { for z in axes[2] { values.append(function(x, y, z)) } } }
    return values
  }

  /// Errors of methods of order 2 and 4 over six steps.
  package static func convergencePlot(_ steps: [Double]) -> LinePlot {
    LinePlot(
      title: "Orders of convergence", xLabel: "step h", yLabel: "error in L\u{221E}", xScale: .logarithmic,
      yScale: .logarithmic,
      curves: [
        LinePlot.Curve(name: "ETDRK4", x: steps, y: steps.map { 0.3 * $0 * $0 * $0 * $0 }, hasMarkers: true),
        LinePlot.Curve(name: "SBDF2", x: steps, y: steps.map { 0.5 * $0 * $0 }, hasMarkers: true),
        LinePlot.Curve(name: "order 2", x: steps, y: steps.map { 0.2 * $0 * $0 }, isDashed: true),
      ])
  }
}
