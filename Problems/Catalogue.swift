import Equations

/// The problems that ship with the library, each at its default parameters.
public enum Catalogue {
  /// Every problem, folder by folder.
  public static let all: [any Problem] = [
    Poisson(), PoissonManufactured(), Helmholtz(),
    Heat(), Burgers(), BurgersColeHopf(), Burgers2D(),
    Advection(), Wave(), Wave2D(), KleinGordon(), SineGordon(),
    KortewegDeVries(), NonlinearSchroedinger(),
    KuramotoSivashinsky(), KuramotoSivashinsky2D(), AllenCahn(), CahnHilliard(), SwiftHohenberg(),
    GinzburgLandau(), GrayScott(),
    NavierStokes2D(), TaylorGreenVortex2D(), DecayingTurbulence2D(), KolmogorovFlow(), ShearLayer(),
    TaylorGreenVortex3D(), TwoLayerQuasiGeostrophic(),
  ]

  /// The problem with the given name, such as "korteweg-de-vries", or nil.
  public static func named(_ name: String) -> (any Problem)? { all.first { $0.name == name } }
}
