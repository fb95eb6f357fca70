// The NACA 0012 section, chord 1 from (0, 0) to (1, 0) with a sharp trailing edge, in a circle of radius 5, triangles.
// Thickness: Jacobs, Ward and Pinkerton, NACA Report 460 (1933), the last coefficient 0.1036 closing the trailing edge.
n = 24; far = 1; near = 0.03; tip = 0.012;
upper[] = {}; lower[] = {};
For i In {0 : n}
  x = 0.5 * (1 - Cos(Pi * i / n));
  y = 0.6 * (0.2969 * Sqrt(x) - 0.1260 * x - 0.3516 * x^2 + 0.2843 * x^3 - 0.1036 * x^4);
  s = (i == 0 || i == n) ? tip : near;
  If (i == 0 || i == n)
    p = newp; Point(p) = {x, 0, 0, s};
    upper[] += p; lower[] += p;
  Else
    p = newp; Point(p) = {x, y, 0, s}; upper[] += p;
    p = newp; Point(p) = {x, -y, 0, s}; lower[] += p;
  EndIf
EndFor
Spline(1) = upper[]; Spline(2) = lower[];
c = newp; Point(c) = {0.5, 0, 0, far};
e = newp; Point(e) = {5.5, 0, 0, far}; w = newp; Point(w) = {-4.5, 0, 0, far};
Circle(3) = {e, c, w}; Circle(4) = {w, c, e};
Curve Loop(1) = {3, 4}; Curve Loop(2) = {1, -2};
Plane Surface(1) = {1, 2};
Physical Curve("airfoil", 1) = {1, 2}; Physical Curve("farfield", 2) = {3, 4};
Physical Surface("fluid", 1) = {1};
