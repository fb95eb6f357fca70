// The unit ball, tetrahedra of second order: faces on the boundary are curved.
SetFactory("OpenCASCADE");
Sphere(1) = {0, 0, 0, 1};
Physical Surface("boundary", 1) = {1};
Physical Volume("ball", 1) = {1};
Mesh.CharacteristicLengthMin = 0.4; Mesh.CharacteristicLengthMax = 0.4;
Mesh.ElementOrder = 2;
