import Equations

/// `s` modulo `length`, in (−length/2, length/2]: it lets a localised wave leave on one side and enter on the other.
///
/// The arc tangent undoes the tangent up to whole periods. The function jumps half a period from zero, where whatever is
/// made of it must have decayed; its derivative is 1 everywhere else.
func periodicDistance(_ s: ScalarField, length: ScalarField) -> ScalarField {
  length / .pi * atan(tan(.pi * s / length))
}
