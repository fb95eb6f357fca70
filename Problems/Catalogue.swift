import Equations

/// The problems that ship with the library, each at its default parameters.
public enum Catalogue {
  /// The problems by family, one per folder.
  public static let families: [(name: String, problems: [any Problem])] = [
    (
      "Elliptic",
      [
        Poisson(), PoissonManufactured(), Helmholtz(), Darcy(), Groundwater(), JumpDiffusion(),
        AnisotropicDiffusion(),
        ConvectionDiffusion(), LShape(), PLaplacian(),
      ]
    ),
    ("Parabolic", [Heat(), HeatAnnulus(), Burgers(), BurgersColeHopf(), BurgersShock(), Burgers2D()]),
    ("Hyperbolic", [Advection(), Convection(), Wave(), Wave2D(), KleinGordon(), SineGordon()]),
    ("Dispersive", [KortewegDeVries(), NonlinearSchroedinger()]),
    (
      "Pattern formation",
      [
        KuramotoSivashinsky(), KuramotoSivashinsky2D(), AllenCahn(), AllenCahn1D(), CahnHilliard(),
        SwiftHohenberg(), GinzburgLandau(),
      ]
    ),
    ("Solids", [Cantilever()]),
    ("Reaction and diffusion", [GrayScott()]),
    (
      "Fluids",
      [
        NavierStokes2D(), TaylorGreenVortex2D(), DecayingTurbulence2D(), KolmogorovFlow(), ShearLayer(),
        TaylorGreenVortex3D(), TwoLayerQuasiGeostrophic(), CollidingStokes(), LidDrivenCavity(),
        BackwardFacingStep(),
        CylinderFlow(), CylinderFlow(isUnsteady: true),
      ]
    ),
  ]

  /// Every problem, family by family.
  public static let all: [any Problem] = families.flatMap(\.problems)

  /// The problem with the given name, such as "korteweg-de-vries", or nil.
  public static func named(_ name: String) -> (any Problem)? { all.first { $0.name == name } }
}
