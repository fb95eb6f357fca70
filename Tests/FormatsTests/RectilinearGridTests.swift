import Geometry
import Testing

@Suite("Rectilinear grids")
struct RectilinearGridTests {
  @Test("know their shape, origin and spacing")
  func properties() {
    let grid = RectilinearGrid(origin: [-1, 2], spacing: [0.5, 0.25], shape: [5, 3])
    #expect(grid.coordinates == [[-1, -0.5, 0, 0.5, 1], [2, 2.25, 2.5]])
    #expect(grid.dimension == 2)
    #expect(grid.shape == [5, 3])
    #expect(grid.pointCount == 15)
    #expect(grid.origin == [-1, 2])
    #expect(grid.spacing == [0.5, 0.25])
    #expect(grid.isUniform)
    #expect(RectilinearGrid(coordinates: [[7], [0, 2]]).spacing == [1, 2])
  }

  @Test("are uniform up to rounding, and no further")
  func uniformity() {
    let tenths = (0..<1000).map { Double($0) / 10 }
    #expect(RectilinearGrid(coordinates: [tenths]).isUniform)
    #expect(RectilinearGrid(coordinates: [tenths.map { $0 + 1e6 }]).isUniform)
    var bent = tenths
    bent[500] += 1e-9
    #expect(!RectilinearGrid(coordinates: [bent]).isUniform)
    #expect(!RectilinearGrid(coordinates: [[0, 1], [0, 1, 3]]).isUniform)
  }

  @Test("are refused in words")
  func faults() {
    #expect(RectilinearGrid.fault(in: [[0, 1]]) == nil)
    #expect(RectilinearGrid.fault(in: [])?.contains("1 to 3 axes") == true)
    #expect(RectilinearGrid.fault(in: [[0], [], [1]])?.contains("axis 1 has no points") == true)
    #expect(RectilinearGrid.fault(in: [[0, 1, 1]])?.contains("do not ascend") == true)
    #expect(RectilinearGrid.fault(in: [[0, .nan]])?.contains("coordinate 1 of axis 0 is nan") == true)
  }
}
