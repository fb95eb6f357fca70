// (-1, 1)^2 without [0, 1) x (-1, 0], graded towards the corner at the origin, triangles.
h = 0.15; c = 0.03;
Point(1) = {0, 0, 0, c}; Point(2) = {0, -1, 0, h}; Point(3) = {-1, -1, 0, h};
Point(4) = {-1, 1, 0, h}; Point(5) = {1, 1, 0, h}; Point(6) = {1, 0, 0, h};
Line(1) = {2, 1}; Line(2) = {1, 6}; Line(3) = {6, 5}; Line(4) = {5, 4}; Line(5) = {4, 3}; Line(6) = {3, 2};
Curve Loop(1) = {1, 2, 3, 4, 5, 6};
Plane Surface(1) = {1};
Physical Curve("boundary", 1) = {1, 2, 3, 4, 5, 6};
Physical Surface("domain", 1) = {1};
