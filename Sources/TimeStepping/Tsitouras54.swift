/// The pair of orders 5 and 4 of Tsitouras, known as Tsit5: smaller error constants than `DormandPrince54` at equal cost.
///
/// Seven stages, of which the last is the first of the next step.
public struct Tsitouras54: ExplicitRungeKutta, EmbeddedMethod {
  public let stepSize: StepSize
  public init(stepSize: StepSize) { self.stepSize = stepSize }

  public let order = 5
  public let embeddedOrder = 4
  public let citation =
    "Ch. Tsitouras, Runge-Kutta pairs of order 5(4) satisfying only the first column simplifying assumption, "
    + "Comput. Math. Appl. 62 (2011)"

  public static let tableau = ButcherTableau(
    matrix: [
      [],
      [0.161],
      [-0.008480655492356989, 0.335480655492357],
      [2.8971530571054935, -6.359448489975075, 4.3622954328695815],
      [5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525],
      [5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401, -0.028269050394068383],
      [
        0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081,
        2.324710524099774,
      ],
    ],
    weights: [
      0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081,
      2.324710524099774, 0,
    ],
    nodes: [0, 0.161, 0.327, 0.9, 0.9800255409045097, 1, 1],
    errorWeights: [
      -0.00178001105222577714, -0.0008164344596567469, 0.007880878010261995, -0.1447110071732629,
      0.5823571654525552, -0.45808210592918697, 1.0 / 66,
    ])
}
