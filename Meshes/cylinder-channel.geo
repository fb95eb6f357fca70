// The channel of Schaefer and Turek (1996) around a cylinder, triangles, fine at the cylinder.
h = 0.05; c = 0.01;
Point(1) = {0, 0, 0, h}; Point(2) = {2.2, 0, 0, h}; Point(3) = {2.2, 0.41, 0, h}; Point(4) = {0, 0.41, 0, h};
Point(5) = {0.2, 0.2, 0, c}; Point(6) = {0.25, 0.2, 0, c}; Point(7) = {0.2, 0.25, 0, c};
Point(8) = {0.15, 0.2, 0, c}; Point(9) = {0.2, 0.15, 0, c};
Line(1) = {1, 2}; Line(2) = {2, 3}; Line(3) = {3, 4}; Line(4) = {4, 1};
Circle(5) = {6, 5, 7}; Circle(6) = {7, 5, 8}; Circle(7) = {8, 5, 9}; Circle(8) = {9, 5, 6};
Curve Loop(1) = {1, 2, 3, 4}; Curve Loop(2) = {5, 6, 7, 8};
Plane Surface(1) = {1, 2};
Physical Curve("inflow", 1) = {4}; Physical Curve("outflow", 2) = {2};
Physical Curve("walls", 3) = {1, 3}; Physical Curve("cylinder", 4) = {5, 6, 7, 8};
Physical Surface("fluid", 1) = {1};
