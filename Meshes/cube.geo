// The unit cube, tetrahedra.
h = 0.25;
Point(1) = {0, 0, 0, h}; Point(2) = {1, 0, 0, h}; Point(3) = {1, 1, 0, h}; Point(4) = {0, 1, 0, h};
Line(1) = {1, 2}; Line(2) = {2, 3}; Line(3) = {3, 4}; Line(4) = {4, 1};
Curve Loop(1) = {1, 2, 3, 4};
Plane Surface(1) = {1};
side[] = Extrude {0, 0, 1} { Surface{1}; };
Physical Surface("left", 1) = {side[5]}; Physical Surface("right", 2) = {side[3]};
Physical Surface("bottom", 3) = {side[2]}; Physical Surface("top", 4) = {side[4]};
Physical Surface("back", 5) = {1}; Physical Surface("front", 6) = {side[0]};
Physical Volume("cube", 1) = {side[1]};
