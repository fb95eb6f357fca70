// swift-tools-version: 6.1
import PackageDescription

// A target imports rows below its own only; Tests/ArchitectureTests compares the import lines with this table.
let meshes = [
  "square", "disc", "l-shape", "annulus", "cube", "ball", "cylinder-channel", "backward-facing-step",
  "airfoil",
]

let package = Package(
  name: "Ansatz",
  products: [
    .library(name: "Ansatz", targets: ["Ansatz"]),
    .executable(name: "ansatz", targets: ["AnsatzCLI"]),
  ],
  targets: [
    // 0  C: the three libraries and the kernels that need run-time dispatch over vector widths
    .systemLibrary(name: "CFFTW", providers: [.apt(["libfftw3-dev"]), .brew(["fftw"])]),
    .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
    .systemLibrary(name: "CSuiteSparse", providers: [.apt(["libsuitesparse-dev"]), .brew(["suite-sparse"])]),
    .target(name: "CKernels"),

    // 1  arrays
    .target(name: "Tensors", dependencies: ["CKernels", "COpenBLAS"]),
    .target(name: "Autodiff", dependencies: ["Tensors", "CKernels"]),
    .target(name: "Transforms", dependencies: ["Tensors", "CFFTW"]),
    .target(name: "Algebra", dependencies: ["Tensors", "CKernels", "COpenBLAS", "CSuiteSparse"]),

    // 2  continuum
    .target(name: "Geometry", dependencies: ["Tensors"]),
    .target(name: "Equations", dependencies: ["Geometry", "Tensors", "CKernels"]),
    .target(name: "Formats", dependencies: ["Geometry", "Algebra", "Tensors"]),

    // 3  methods
    .target(
      name: "Spectral",
      dependencies: ["Equations", "Geometry", "Transforms", "Algebra", "Tensors", "CKernels"]),
    .target(
      name: "FiniteElements", dependencies: ["Equations", "Geometry", "Algebra", "Tensors", "CKernels"]),
    .target(name: "FiniteVolumes", dependencies: ["Equations", "Geometry", "Algebra", "Tensors"]),
    .target(name: "TimeStepping", dependencies: ["Algebra", "Tensors"]),
    .target(name: "Optimizers", dependencies: ["Transforms", "Algebra", "Tensors", "CKernels"]),
    .target(name: "NeuralNetworks", dependencies: ["Autodiff", "Transforms", "Tensors"]),
    .target(name: "Problems", dependencies: ["Equations", "Geometry"], path: "Problems"),
    .target(
      name: "Meshes", dependencies: ["Formats", "Geometry"], path: "Meshes", exclude: ["README.md"],
      resources: meshes.flatMap { [.copy("\($0).msh"), .copy("\($0).geo")] }),

    // 4  workflows
    .target(
      name: "Simulation",
      dependencies: [
        "Spectral", "FiniteElements", "FiniteVolumes", "TimeStepping", "Problems", "Meshes", "Formats",
        "Equations", "Geometry", "Transforms", "Algebra", "Tensors",
      ]),

    .target(
      name: "Training",
      dependencies: [
        "Simulation", "TimeStepping", "NeuralNetworks", "Optimizers", "Formats", "Equations", "Geometry",
        "Autodiff", "Algebra", "Tensors", "CKernels",
      ]),

    // The umbrella: re-exports rows 1 to 4.
    .target(
      name: "Ansatz",
      dependencies: [
        "Training", "Simulation", "Spectral", "FiniteElements", "FiniteVolumes", "TimeStepping",
        "NeuralNetworks",
        "Optimizers", "Problems", "Meshes", "Formats", "Equations", "Geometry", "Autodiff", "Transforms",
        "Algebra", "Tensors",
      ]),

    // 5  tools
    .executableTarget(name: "AnsatzCLI", dependencies: ["Ansatz", "CKernels"]),

    // tests
    .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
    .target(name: "TestSupport", dependencies: ["Ansatz"], path: "Tests/TestSupport"),
    .testTarget(name: "ArchitectureTests"),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors", "CKernels"]),
    .testTarget(name: "AutodiffTests", dependencies: ["Autodiff", "Tensors"]),
    .testTarget(name: "TransformsTests", dependencies: ["Transforms", "Tensors"]),
    .testTarget(name: "AlgebraTests", dependencies: ["Algebra", "Tensors", "CSuiteSparse"]),
    .testTarget(name: "GeometryTests", dependencies: ["Geometry", "Tensors"]),
    .testTarget(name: "EquationsTests", dependencies: ["Equations", "Geometry", "Problems", "TestSupport"]),
    .testTarget(
      name: "FormatsTests",
      dependencies: ["Formats", "Meshes", "Geometry", "Algebra", "Tensors", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "SpectralTests",
      dependencies: [
        "Spectral", "Simulation", "TimeStepping", "Equations", "Geometry", "Tensors", "TestSupport",
      ]),
    .testTarget(
      name: "FiniteElementsTests",
      dependencies: ["FiniteElements", "Equations", "Geometry", "Algebra", "Tensors", "TestSupport"]),
    .testTarget(
      name: "FiniteVolumesTests",
      dependencies: ["FiniteVolumes", "Equations", "Geometry", "Algebra", "TestSupport"]),
    .testTarget(name: "TimeSteppingTests", dependencies: ["TimeStepping", "Algebra", "Tensors"]),
    .testTarget(
      name: "OptimizersTests",
      dependencies: ["Optimizers", "Transforms", "Algebra", "Tensors", "AllocationCounter"]),
    .testTarget(
      name: "NeuralNetworksTests",
      dependencies: [
        "NeuralNetworks", "Optimizers", "Autodiff", "Transforms", "Algebra", "Tensors", "AllocationCounter",
      ]),
    .testTarget(name: "SimulationTests", dependencies: ["Ansatz", "TestSupport", "AllocationCounter"]),
    .testTarget(name: "TrainingTests", dependencies: ["Ansatz", "AllocationCounter"]),
    .testTarget(name: "CommandLineTests", dependencies: ["AnsatzCLI", "Ansatz"]),
  ],
  cLanguageStandard: .gnu11
)
