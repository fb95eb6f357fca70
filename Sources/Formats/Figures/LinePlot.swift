import Foundation

/// Curves over a common axis, to be drawn as an image (``image(width:height:)``) or as SVG (``SVGPlot``).
public struct LinePlot: Hashable, Sendable {
  /// One curve.
  public struct Curve: Hashable, Sendable {
    /// What the legend calls it; a curve without a name is not in the legend.
    public var name: String
    /// The abscissae, and as many ordinates; the curve has a gap where either is not finite.
    public var x, y: [Double]
    /// Whether each point gets a dot.
    public var hasMarkers: Bool
    /// Whether the line is dashed.
    public var isDashed: Bool

    /// A curve; different numbers of abscissae and ordinates are a programmer error.
    public init(name: String = "", x: [Double], y: [Double], hasMarkers: Bool = false, isDashed: Bool = false)
    {
      precondition(
        x.count == y.count, "LinePlot.Curve \(name): \(x.count) abscissae and \(y.count) ordinates")
      (self.name, self.x, self.y, self.hasMarkers, self.isDashed) = (name, x, y, hasMarkers, isDashed)
    }
  }

  /// A line above the axes.
  public var title: String
  /// The names of the axes.
  public var xLabel, yLabel: String
  /// How the axes map values to lengths.
  public var xScale, yScale: AxisScale
  /// What the axes show; nil shows all points, with a margin above and below.
  public var xRange, yRange: ClosedRange<Double>?
  /// The curves, in the order of their colours.
  public var curves: [Curve]

  /// A plot of the given curves.
  public init(
    title: String = "", xLabel: String = "", yLabel: String = "", xScale: AxisScale = .linear,
    yScale: AxisScale = .linear, xRange: ClosedRange<Double>? = nil, yRange: ClosedRange<Double>? = nil,
    curves: [Curve]
  ) {
    (self.title, self.xLabel, self.yLabel) = (title, xLabel, yLabel)
    (self.xScale, self.yScale, self.xRange, self.yRange) = (xScale, yScale, xRange, yRange)
    self.curves = curves
  }
}

extension LinePlot {
  /// The axes' ranges and the curves as places in the unit square, y up.
  struct Layout {
    let x, y: ClosedRange<Double>
    let xScale, yScale: AxisScale

    init(_ plot: LinePlot) {
      xScale = plot.xScale
      yScale = plot.yScale
      func usable(_ value: Double, _ scale: AxisScale) -> Bool {
        value.isFinite && (scale == .linear || value > 0)
      }
      var (xs, ys): ([Double], [Double]) = ([], [])
      for curve in plot.curves {
        for (x, y) in zip(curve.x, curve.y) where usable(x, plot.xScale) && usable(y, plot.yScale) {
          xs.append(x)
          ys.append(y)
        }
      }
      x = Self.range(
        xs, plot.xRange, plot.xScale, margin: plot.curves.contains(where: \.hasMarkers) ? 0.02 : 0)
      y = Self.range(ys, plot.yRange, plot.yScale, margin: 0.05)
    }

    private static func range(
      _ values: [Double], _ chosen: ClosedRange<Double>?, _ scale: AxisScale, margin: Double
    ) -> ClosedRange<Double> {
      if let chosen, chosen.lowerBound < chosen.upperBound,
        scale == .linear || chosen.lowerBound >= 1 / largest,
        max(abs(chosen.lowerBound), abs(chosen.upperBound)) <= largest
      {
        return chosen
      }
      guard var low = values.min(), var high = values.max() else { return scale == .linear ? 0...1 : 1...10 }
      if scale == .logarithmic {
        (low, high) = (min(max(low, 1 / largest), largest), min(max(high, 1 / largest), largest))
        let (a, b) = (Foundation.log10(low), Foundation.log10(high))
        let pad = b > a ? margin * (b - a) : 0.5
        return Foundation.pow(10, max(a - pad, -300))...Foundation.pow(10, min(b + pad, 301))
      }
      (low, high) = (max(low, -largest), min(high, largest))
      let length = high - low
      // A constant, up to rounding, gets an axis around it.
      let pad = length > 1e-12 * max(abs(low), abs(high)) ? margin * length : max(abs(low) * 0.1, 0.5)
      return low - pad...high + pad
    }

    /// Axes end here, so that lengths and their ratios stay finite.
    private static let largest = 1e300

    /// The place of `value` from 0 to 1 along an axis, or nil when the axis cannot show it.
    static func place(_ value: Double, _ range: ClosedRange<Double>, _ scale: AxisScale) -> Double? {
      guard value.isFinite else { return nil }
      let (low, high) = (range.lowerBound, range.upperBound)
      if scale == .linear { return (value - low) / (high - low) }
      guard value > 0 else { return nil }
      return Foundation.log(value / low) / Foundation.log(high / low)
    }

    /// The curve's connected pieces.
    func pieces(_ curve: Curve) -> [[CanvasPoint]] {
      var result: [[CanvasPoint]] = [[]]
      for (x, y) in zip(curve.x, curve.y) {
        if let px = Self.place(x, self.x, xScale), let py = Self.place(y, self.y, yScale) {
          // Far outside the axes places are cut, so that pixels stay in the range of integers.
          result[result.count - 1].append(CanvasPoint(min(max(px, -50), 50), min(max(py, -50), 50)))
        } else if !result[result.count - 1].isEmpty {
          result.append([])
        }
      }
      return result.filter { !$0.isEmpty }
    }

    /// The corner of the axes with the fewest points in a box of `width` × `height`, as its left and lower
    /// place, and how many points there are.
    func emptiestCorner(
      _ curves: [Curve], width: Double, height: Double
    ) -> (x: Double, y: Double, points: Int) {
      let corners = [(1 - width, 1 - height), (0, 1 - height), (1 - width, 0), (0, 0)]
      let points = curves.flatMap { curve in pieces(curve).flatMap { Self.dense($0) } }
      let counts = corners.map { corner in
        points.filter {
          $0.x >= corner.0 && $0.x <= corner.0 + width && $0.y >= corner.1 && $0.y <= corner.1 + height
        }.count
      }
      let best = counts.indices.min { (counts[$0], $0) < (counts[$1], $1) } ?? 0
      return (corners[best].0, corners[best].1, counts[best])
    }

    /// A piece with points in between, so that long lines through a corner count there.
    private static func dense(_ piece: [CanvasPoint]) -> [CanvasPoint] {
      var result = piece
      for (a, b) in zip(piece, piece.dropFirst()) {
        let steps = Int(min(max(abs(b.x - a.x), abs(b.y - a.y)) * 50, 50))
        for step in 0..<steps {
          let t = Double(step) / Double(steps)
          result.append(CanvasPoint(a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)))
        }
      }
      return result
    }
  }
}
