import Equations
import Geometry
import Testing

@Suite("Domains")
struct DomainTests {
  /// Numbers and parameters side by side, as users write them.
  private struct Channel {
    var length = ScalarField.parameter("length", 3, in: 1...10)
    var box: Domain { .box((0, 1), (0, length), periodic: [.x]) }
    var scaled: Domain { .box((-1, length), (0, 2 * .pi), (0, 2 * length)) }
    var list: Domain { .box([(0, 1), (-1, 1)], periodic: [.y]) }
    var rectangle: Domain { .rectangle((0, length), (0, 1), periodic: [.x]) }
    var interval: Domain { .interval(0, length / 2) }
  }

  @Test("bounds mix numbers and parameters, which take the values of the run")
  func bounds() throws {
    let channel = Channel()
    let box = try channel.box.resolved(["length": 4])
    #expect(box.intervals[1].upper == 4 && box.intervals.map(\.isPeriodic) == [true, false])
    #expect(try channel.scaled.resolved([:]).intervals.map(\.upper) == [3, 2 * .pi, 6])
    #expect(try channel.list.resolved([:]).intervals.map(\.isPeriodic) == [false, true])
    #expect(try channel.rectangle.resolved([:]).intervals.map(\.upper) == [3, 1])
    #expect(try channel.interval.resolved(["length": 5]).intervals[0].upper == 2.5)
  }
}
