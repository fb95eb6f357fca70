// Radii 0.5 and 1, quadrilaterals.
n = 9; m = 6;
Point(1) = {0, 0, 0};
Point(2) = {0.5, 0, 0}; Point(3) = {0, 0.5, 0}; Point(4) = {-0.5, 0, 0}; Point(5) = {0, -0.5, 0};
Point(6) = {1, 0, 0}; Point(7) = {0, 1, 0}; Point(8) = {-1, 0, 0}; Point(9) = {0, -1, 0};
Circle(1) = {2, 1, 3}; Circle(2) = {3, 1, 4}; Circle(3) = {4, 1, 5}; Circle(4) = {5, 1, 2};
Circle(5) = {6, 1, 7}; Circle(6) = {7, 1, 8}; Circle(7) = {8, 1, 9}; Circle(8) = {9, 1, 6};
Line(9) = {2, 6}; Line(10) = {3, 7}; Line(11) = {4, 8}; Line(12) = {5, 9};
Curve Loop(1) = {9, 5, -10, -1}; Plane Surface(1) = {1};
Curve Loop(2) = {10, 6, -11, -2}; Plane Surface(2) = {2};
Curve Loop(3) = {11, 7, -12, -3}; Plane Surface(3) = {3};
Curve Loop(4) = {12, 8, -9, -4}; Plane Surface(4) = {4};
Transfinite Curve {1:8} = n;
Transfinite Curve {9:12} = m;
Transfinite Surface {1:4};
Recombine Surface {1:4};
Physical Curve("inner", 1) = {1, 2, 3, 4}; Physical Curve("outer", 2) = {5, 6, 7, 8};
Physical Surface("annulus", 1) = {1, 2, 3, 4};
