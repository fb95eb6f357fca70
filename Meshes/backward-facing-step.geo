// Expansion 1:2 behind a step of height 0.5 at x = 0, triangles, fine at the corner of the step.
h = 0.12; c = 0.03; o = 0.25;
Point(1) = {-1, 0.5, 0, h}; Point(2) = {0, 0.5, 0, c}; Point(3) = {0, 0, 0, h};
Point(4) = {8, 0, 0, o}; Point(5) = {8, 1, 0, o}; Point(6) = {-1, 1, 0, h};
Line(1) = {1, 2}; Line(2) = {2, 3}; Line(3) = {3, 4}; Line(4) = {4, 5}; Line(5) = {5, 6}; Line(6) = {6, 1};
Curve Loop(1) = {1, 2, 3, 4, 5, 6};
Plane Surface(1) = {1};
Physical Curve("inflow", 1) = {6}; Physical Curve("outflow", 2) = {4}; Physical Curve("walls", 3) = {1, 2, 3, 5};
Physical Surface("fluid", 1) = {1};
