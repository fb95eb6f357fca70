#ifndef CK_ELEMENTARY_H
#define CK_ELEMENTARY_H

// Elementary functions without branches or tables, for loops that the compiler turns into vector code.
//
// Arguments are reduced by subtracting a multiple of ln 2 or pi/2 that is kept in parts (Cody and Waite 1980);
// polynomials interpolate at Chebyshev nodes of the reduced interval, or are the best for the relative error of the
// result (Remez exchange on 3000 nodes in 60 digits), to below a tenth of a unit in the last place. Measured errors
// stay below 1.1 such units, below 2 for expm1, log1p, sinh, cosh, atan and erf, and below 2.5 for tanh; zeros keep
// their sign, and infinities, denormals and NaN come out as in libm.

#include "dispatch.h"

#include <math.h>
#include <stdint.h>

/// The largest argument that the sines and cosines below reduce correctly.
#define CK_TRIGONOMETRIC_LIMIT 1e5

CK_INLINE uint64_t ck_bits_d(double x) {
  uint64_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits;
}

CK_INLINE double ck_from_bits_d(uint64_t bits) {
  double x;
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}

CK_INLINE uint32_t ck_bits_f(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits;
}

CK_INLINE float ck_from_bits_f(uint32_t bits) {
  float x;
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}

// Adding this constant to a number of moderate size rounds it to an integer and leaves that in the low bits.
#define CK_ROUND_D 0x1.8p52
#define CK_ROUND_F 0x1.8p23f

// MARK: Double

/// 2^k from CK_ROUND_D + k.
CK_INLINE double ck_power_of_two_d(double rounded) {
  return ck_from_bits_d((ck_bits_d(rounded) << 52) + 0x3ff0000000000000u);
}

/// (exp(r) - 1 - r)/r^2 for |r| <= ln(2)/2.
CK_INLINE double ck_expm1_polynomial_d(double r) {
  double p = 2.51004241570050668e-8;
  p = p * r + 2.76201387197339956e-7;
  p = p * r + 2.75572683786841929e-6;
  p = p * r + 2.48015211902177277e-5;
  p = p * r + 1.98412698631059687e-4;
  p = p * r + 1.38888889172817933e-3;
  p = p * r + 8.33333333333005135e-3;
  p = p * r + 4.16666666666239915e-2;
  p = p * r + 0.166666666666666675;
  p = p * r + 0.500000000000000103;
  return p;
}

/// exp(r) - 1 for |r| <= ln(2)/2.
CK_INLINE double ck_expm1_reduced_d(double r) { return r + r * r * ck_expm1_polynomial_d(r); }

#define CK_LOG2_E 0x1.71547652b82fep+0
#define CK_LN2_HIGH_D 0x1.62e42feep-1
#define CK_LN2_LOW_D 0x1.a39ef35793c76p-33

CK_INLINE double ck_exp_d(double x) {
  // Beyond these bounds the result is 0 or infinity anyway; NaN passes both comparisons.
  double t = x < -746.0 ? -746.0 : x;
  t = t > 710.0 ? 710.0 : t;
  double k = t * CK_LOG2_E + CK_ROUND_D;
  k -= CK_ROUND_D;
  double r = t - k * CK_LN2_HIGH_D;
  r = r - k * CK_LN2_LOW_D;
  double y = 1.0 + ck_expm1_reduced_d(r);
  // In two steps, because 2^k itself may overflow or underflow where the result does not.
  double half = k * 0.5 + CK_ROUND_D;
  double rest = k - (half - CK_ROUND_D) + CK_ROUND_D;
  return y * ck_power_of_two_d(half) * ck_power_of_two_d(rest);
}

/// exp(x) for x <= 0, with zero for results near or below the smallest normal number.
CK_INLINE double ck_exp_of_negative_d(double x) {
  double t = x < -708.0 ? -708.0 : x;
  double rounded = t * CK_LOG2_E + CK_ROUND_D;
  double k = rounded - CK_ROUND_D;
  double r = t - k * CK_LN2_HIGH_D;
  r = r - k * CK_LN2_LOW_D;
  double y = ck_power_of_two_d(rounded) * (1.0 + ck_expm1_reduced_d(r));
  return x < -708.0 ? 0.0 : y;
}

/// k log(2) + log(1 + f) for f between sqrt(1/2) - 1 and sqrt(2) - 1.
CK_INLINE double ck_log_reduced_d(double k, double f) {
  // log(1 + f) = 2 artanh(s) with s = f/(2 + f), written so that the leading term f is exact.
  double s = f / (2.0 + f);
  double z = s * s;
  double q = 0.146170375487916501;
  q = q * z + 0.153316740301678619;
  q = q * z + 0.181828905566956035;
  q = q * z + 0.222222111151441615;
  q = q * z + 0.285714286260958915;
  q = q * z + 0.39999999999899239;
  q = q * z + 0.66666666666666697;
  double h = 0.5 * f * f;
  return k * CK_LN2_HIGH_D - ((h - (s * (h + z * q) + k * CK_LN2_LOW_D)) - f);
}

CK_INLINE double ck_log_d(double x) {
  int denormal = x < 0x1p-1022;
  double scaled = denormal ? x * 0x1p54 : x;
  // x = 2^k m with m between sqrt(1/2) and sqrt(2).
  uint64_t bits = ck_bits_d(scaled);
  int64_t exponent = (int64_t)(bits - 0x3fe6a09e667f3bcdu) >> 52;
  double m = ck_from_bits_d(bits - ((uint64_t)exponent << 52));
  double k = ck_from_bits_d((uint64_t)exponent + 0x4338000000000000u) - CK_ROUND_D;
  k = denormal ? k - 54.0 : k;
  double y = ck_log_reduced_d(k, m - 1.0);
  y = x == 0.0 ? -INFINITY : y;
  y = x < 0.0 ? NAN : y;
  return x < INFINITY ? y : x;
}

CK_INLINE double ck_log1p_d(double x) {
  // u + rest = 1 + x without error; log then loses nothing when the rest joins the reduced argument.
  double u = 1.0 + x;
  double part = u - 1.0;
  double rest = (1.0 - (u - part)) + (x - part);
  uint64_t bits = ck_bits_d(u);
  int64_t exponent = (int64_t)(bits - 0x3fe6a09e667f3bcdu) >> 52;
  double m = ck_from_bits_d(bits - ((uint64_t)exponent << 52));
  double k = ck_from_bits_d((uint64_t)exponent + 0x4338000000000000u) - CK_ROUND_D;
  // From 2^53 on the rest is below half a unit of u, so that its scale may run out.
  double scale = ck_from_bits_d((1023u - (uint64_t)exponent) << 52);
  scale = exponent > 60 ? 0.0 : scale;
  double y = ck_log_reduced_d(k, (m - 1.0) + rest * scale);
  y = x == -1.0 ? -INFINITY : y;
  y = x < -1.0 ? NAN : y;
  y = x == 0.0 ? x : y;
  return x < INFINITY ? y : x;
}

/// sin(x + quarter pi/2) for |x| up to CK_TRIGONOMETRIC_LIMIT.
CK_INLINE double ck_sine_d(double x, uint64_t quarter) {
  double rounded = x * 0x1.45f306dc9c883p-1 + CK_ROUND_D;
  double k = rounded - CK_ROUND_D;
  uint64_t quadrant = ck_bits_d(rounded) + quarter;
  // The first two parts of pi/2 have 33 bits, so that their multiples are exact; the reduced argument is r + tail.
  double a = x - k * 0x1.921fb544p+0;
  double b = k * 0x1.0b4611a6p-34;
  double r1 = a - b;
  double error = (a - r1) - b;
  double c = k * 0x1.3198a2e037073p-69 - error;
  double r = r1 - c;
  double tail = (r1 - r) - c;
  double z = r * r;
  double s = 1.59179889793974333e-10;
  s = s * z - 2.50511298964501863e-8;
  s = s * z + 2.75573160931984052e-6;
  s = s * z - 1.98412698367405321e-4;
  s = s * z + 8.33333333333093655e-3;
  s = s * z - 0.166666666666666646;
  double sine = r + (r * z * s + tail);
  double p = -1.13825446453492504e-11;
  p = p * z + 2.08761450494131791e-9;
  p = p * z - 2.755731726587808e-7;
  p = p * z + 2.48015872987544012e-5;
  p = p * z - 1.38888888888873898e-3;
  p = p * z + 4.16666666666666654e-2;
  double h = 0.5 * z;
  double w = 1.0 - h;
  double cosine = w + (((1.0 - w) - h) + (z * z * p - r * tail));
  double y = (quadrant & 1) ? cosine : sine;
  return ck_from_bits_d(ck_bits_d(y) ^ ((quadrant & 2) << 62));
}

CK_INLINE double ck_sin_d(double x) {
  double y = ck_sine_d(x, 0);
  return x == 0.0 ? x : y;
}

CK_INLINE double ck_cos_d(double x) { return ck_sine_d(x, 1); }

CK_INLINE double ck_tanh_d(double x) {
  // With e = exp(2|x|) - 1 the result is e/(e + 2), which loses no digits near zero.
  double a = __builtin_fabs(x);
  a = a > 20.0 ? 20.0 : a;
  double t = a + a;
  double rounded = t * CK_LOG2_E + CK_ROUND_D;
  double k = rounded - CK_ROUND_D;
  double r = t - k * CK_LN2_HIGH_D;
  r = r - k * CK_LN2_LOW_D;
  double scale = ck_power_of_two_d(rounded);
  double e = scale * ck_expm1_reduced_d(r) + (scale - 1.0);
  return __builtin_copysign(e / (e + 2.0), x);
}

CK_INLINE double ck_expm1_d(double x) {
  // Beyond these bounds the result is -1 or infinity anyway.
  double t = x < -40.0 ? -40.0 : x;
  t = t > 710.0 ? 710.0 : t;
  double rounded = t * CK_LOG2_E + CK_ROUND_D;
  double k = rounded - CK_ROUND_D;
  double high = t - k * CK_LN2_HIGH_D;
  double low = k * CK_LN2_LOW_D;
  double r = high - low;
  double tail = r * r * ck_expm1_polynomial_d(r) + ((high - r) - low);
  // Half of the result, because 2^k itself may overflow where the result does not.
  double scale = ck_power_of_two_d(rounded - 1.0);
  // r goes in first: where the result is small, that sum is exact.
  double y = 2.0 * ((scale * r + (scale - 0.5)) + scale * tail);
  y = k == 0.0 ? r + tail : y;
  return __builtin_copysign(y, x);
}

CK_INLINE double ck_sinh_d(double x) {
  double a = __builtin_fabs(x);
  double z = a * a;
  double p = 7.74628862669019138e-13;
  p = p * z + 1.6057676570379151e-10;
  p = p * z + 2.50521177274706648e-8;
  p = p * z + 2.75573191912326295e-6;
  p = p * z + 0.000198412698413245136;
  p = p * z + 0.00833333333333329911;
  p = p * z + 0.166666666666666667;
  double near = a + a * z * p;
  // With e = exp(|x|) - 1 the result is (e + e/(e + 1))/2; e/4 does not overflow where the result does not.
  double t = a > 710.6 ? 710.6 : a;
  double rounded = t * CK_LOG2_E + CK_ROUND_D;
  double k = rounded - CK_ROUND_D;
  double high = t - k * CK_LN2_HIGH_D;
  double low = k * CK_LN2_LOW_D;
  double r = high - low;
  double tail = r * r * ck_expm1_polynomial_d(r) + ((high - r) - low);
  double scale = ck_power_of_two_d(rounded - 2.0);
  double e = (scale * r + (scale - 0.25)) + scale * tail;
  double far = 2.0 * (e + e / (4.0 * e + 1.0));
  double y = a < 1.0 ? near : far;
  return __builtin_copysign(y, x);
}

CK_INLINE double ck_cosh_d(double x) {
  // From a quarter of exp(|x|), which does not overflow where the result does not.
  double t = __builtin_fabs(x);
  t = t > 710.6 ? 710.6 : t;
  double rounded = t * CK_LOG2_E + CK_ROUND_D;
  double k = rounded - CK_ROUND_D;
  double high = t - k * CK_LN2_HIGH_D;
  double low = k * CK_LN2_LOW_D;
  double r = high - low;
  double tail = r * r * ck_expm1_polynomial_d(r) + ((high - r) - low);
  double scale = ck_power_of_two_d(rounded - 2.0);
  double e = scale + scale * (r + tail);
  return 2.0 * e + 0.125 / e;
}

CK_INLINE double ck_atan_d(double x) {
  // Three intervals are brought to |t| <= tan(pi/8) by atan(a) = pi/4 + atan((a - 1)/(a + 1)) = pi/2 + atan(-1/a).
  double a = __builtin_fabs(x);
  int middle = a > 0.414213562373095049;
  int far = a > 2.41421356237309505;
  double numerator = middle ? a - 1.0 : a;
  double denominator = middle ? a + 1.0 : 1.0;
  numerator = far ? -1.0 : numerator;
  denominator = far ? a : denominator;
  double high = middle ? 0x1.921fb54442d18p-1 : 0.0;
  double low = middle ? 0x1.1a62633145c07p-55 : 0.0;
  high = far ? 0x1.921fb54442d18p+0 : high;
  low = far ? 0x1.1a62633145c07p-54 : low;
  double t = numerator / denominator;
  double z = t * t;
  double p = -0.0192281934014190075;
  p = p * z + 0.0392757135380736974;
  p = p * z - 0.0508705764963328413;
  p = p * z + 0.0585847385563303871;
  p = p * z - 0.0666455113656123291;
  p = p * z + 0.0769218619167527392;
  p = p * z - 0.0909090471628094742;
  p = p * z + 0.1111111101891079;
  p = p * z - 0.142857142847156498;
  p = p * z + 0.199999999999957768;
  p = p * z - 0.333333333333333304;
  double y = high + (t + (t * z * p + low));
  return __builtin_copysign(y, x);
}

CK_INLINE double ck_erf_d(double x) {
  // erf(a) = 1 - exp(-u) with u = a + a p(a): the exponent is smooth from 0 to where the result rounds to 1, and
  // errors of p count less the further out they are. Near zero nothing cancels, because exp(-u) - 1 is evaluated.
  double a = __builtin_fabs(x);
  a = a > 6.0 ? 6.0 : a;
  double p = 7.8345414570861418e-16;
  p = p * a - 3.85067001233417306e-14;
  p = p * a + 8.84584372917157244e-13;
  p = p * a - 1.26113125672994914e-11;
  p = p * a + 1.24843548864872518e-10;
  p = p * a - 9.08238511598595384e-10;
  p = p * a + 4.99778081303600028e-9;
  p = p * a - 2.09629497117386195e-8;
  p = p * a + 6.57344247677840972e-8;
  p = p * a - 1.41764321779021935e-7;
  p = p * a + 1.37186897374543598e-7;
  p = p * a + 3.3635708401706008e-7;
  p = p * a - 1.74153823881259119e-6;
  p = p * a + 2.83513161726637721e-6;
  p = p * a + 3.40727156121566502e-6;
  p = p * a - 0.0000297240493585460694;
  p = p * a + 0.0000644918620982709568;
  p = p * a + 0.0000258786039312446927;
  p = p * a - 0.000590125552829077985;
  p = p * a + 0.00169620638573834447;
  p = p * a - 0.000209194694842378662;
  p = p * a - 0.0191284470050702923;
  p = p * a + 0.102772603301788757;
  p = p * a + 0.63661977236758361;
  p = p * a + 0.128379167095512568;
  double t = -(a + a * p);
  double rounded = t * CK_LOG2_E + CK_ROUND_D;
  double k = rounded - CK_ROUND_D;
  double r = t - k * CK_LN2_HIGH_D;
  r = r - k * CK_LN2_LOW_D;
  double scale = ck_power_of_two_d(rounded);
  double y = (1.0 - scale) - scale * ck_expm1_reduced_d(r);
  return __builtin_copysign(y, x);
}

// MARK: Float

/// 2^k from CK_ROUND_F + k.
CK_INLINE float ck_power_of_two_f(float rounded) {
  return ck_from_bits_f((ck_bits_f(rounded) << 23) + 0x3f800000u);
}

/// (exp(r) - 1 - r)/r^2 for |r| <= ln(2)/2.
CK_INLINE float ck_expm1_polynomial_f(float r) {
  float p = 1.98910306543703277e-4f;
  p = p * r + 1.39336858626171736e-3f;
  p = p * r + 8.33331088958207719e-3f;
  p = p * r + 4.16664646020265416e-2f;
  p = p * r + 0.166666666816591791f;
  p = p * r + 0.500000001349817786f;
  return p;
}

/// exp(r) - 1 for |r| <= ln(2)/2.
CK_INLINE float ck_expm1_reduced_f(float r) { return r + r * r * ck_expm1_polynomial_f(r); }

#define CK_LN2_HIGH_F 0x1.62ep-1f
#define CK_LN2_LOW_F 0x1.0bfbe8p-15f

CK_INLINE float ck_exp_f(float x) {
  float t = x < -104.0f ? -104.0f : x;
  t = t > 89.0f ? 89.0f : t;
  float k = t * (float)CK_LOG2_E + CK_ROUND_F;
  k -= CK_ROUND_F;
  float r = t - k * CK_LN2_HIGH_F;
  r = r - k * CK_LN2_LOW_F;
  float y = 1.0f + ck_expm1_reduced_f(r);
  float half = k * 0.5f + CK_ROUND_F;
  float rest = k - (half - CK_ROUND_F) + CK_ROUND_F;
  return y * ck_power_of_two_f(half) * ck_power_of_two_f(rest);
}

/// exp(x) for x <= 0, with zero for results near or below the smallest normal number.
CK_INLINE float ck_exp_of_negative_f(float x) {
  float t = x < -87.0f ? -87.0f : x;
  float rounded = t * (float)CK_LOG2_E + CK_ROUND_F;
  float k = rounded - CK_ROUND_F;
  float r = t - k * CK_LN2_HIGH_F;
  r = r - k * CK_LN2_LOW_F;
  float y = ck_power_of_two_f(rounded) * (1.0f + ck_expm1_reduced_f(r));
  return x < -87.0f ? 0.0f : y;
}

/// k log(2) + log(1 + f) for f between sqrt(1/2) - 1 and sqrt(2) - 1.
CK_INLINE float ck_log_reduced_f(float k, float f) {
  float s = f / (2.0f + f);
  float z = s * s;
  float q = 0.233309640517720403f;
  q = q * z + 0.285508025532767101f;
  q = q * z + 0.400001220008168808f;
  q = q * z + 0.666666665543001802f;
  float h = 0.5f * f * f;
  return k * CK_LN2_HIGH_F - ((h - (s * (h + z * q) + k * CK_LN2_LOW_F)) - f);
}

CK_INLINE float ck_log_f(float x) {
  int denormal = x < 0x1p-126f;
  float scaled = denormal ? x * 0x1p25f : x;
  uint32_t bits = ck_bits_f(scaled);
  int32_t exponent = (int32_t)(bits - 0x3f3504f3u) >> 23;
  float m = ck_from_bits_f(bits - ((uint32_t)exponent << 23));
  float k = (float)exponent;
  k = denormal ? k - 25.0f : k;
  float y = ck_log_reduced_f(k, m - 1.0f);
  y = x == 0.0f ? -INFINITY : y;
  y = x < 0.0f ? NAN : y;
  return x < INFINITY ? y : x;
}

CK_INLINE float ck_log1p_f(float x) {
  float u = 1.0f + x;
  float part = u - 1.0f;
  float rest = (1.0f - (u - part)) + (x - part);
  uint32_t bits = ck_bits_f(u);
  int32_t exponent = (int32_t)(bits - 0x3f3504f3u) >> 23;
  float m = ck_from_bits_f(bits - ((uint32_t)exponent << 23));
  float scale = ck_from_bits_f((127u - (uint32_t)exponent) << 23);
  scale = exponent > 30 ? 0.0f : scale;
  float y = ck_log_reduced_f((float)exponent, (m - 1.0f) + rest * scale);
  y = x == -1.0f ? -INFINITY : y;
  y = x < -1.0f ? NAN : y;
  y = x == 0.0f ? x : y;
  return x < INFINITY ? y : x;
}

/// sin(x + quarter pi/2) for |x| up to CK_TRIGONOMETRIC_LIMIT; in double precision, which makes the reduction exact.
CK_INLINE float ck_sine_f(float x, uint64_t quarter) {
  double wide = (double)x;
  double rounded = wide * 0x1.45f306dc9c883p-1 + CK_ROUND_D;
  double k = rounded - CK_ROUND_D;
  uint64_t quadrant = ck_bits_d(rounded) + quarter;
  double r = wide - k * 0x1.921fb544p+0;
  r = r - k * 0x1.0b4611a626331p-34;
  double z = r * r;
  double s = 2.72496200800753295e-6;
  s = s * z - 1.98400843764227035e-4;
  s = s * z + 8.3333318703413485e-3;
  s = s * z - 0.166666666638440495;
  double sine = r + r * z * s;
  double p = -2.7300704038086652e-7;
  p = p * z + 2.4800598408350121e-5;
  p = p * z - 1.38888876683706632e-3;
  p = p * z + 4.16666666643118234e-2;
  double cosine = (1.0 - 0.5 * z) + z * z * p;
  double y = (quadrant & 1) ? cosine : sine;
  return (float)ck_from_bits_d(ck_bits_d(y) ^ ((quadrant & 2) << 62));
}

CK_INLINE float ck_sin_f(float x) {
  float y = ck_sine_f(x, 0);
  return x == 0.0f ? x : y;
}

CK_INLINE float ck_cos_f(float x) { return ck_sine_f(x, 1); }

CK_INLINE float ck_tanh_f(float x) {
  float a = __builtin_fabsf(x);
  a = a > 9.2f ? 9.2f : a;
  float t = a + a;
  float rounded = t * (float)CK_LOG2_E + CK_ROUND_F;
  float k = rounded - CK_ROUND_F;
  float r = t - k * CK_LN2_HIGH_F;
  r = r - k * CK_LN2_LOW_F;
  float scale = ck_power_of_two_f(rounded);
  float e = scale * ck_expm1_reduced_f(r) + (scale - 1.0f);
  return __builtin_copysignf(e / (e + 2.0f), x);
}

CK_INLINE float ck_expm1_f(float x) {
  // Beyond these bounds the result is -1 or infinity anyway.
  float t = x < -20.0f ? -20.0f : x;
  t = t > 89.0f ? 89.0f : t;
  float rounded = t * (float)CK_LOG2_E + CK_ROUND_F;
  float k = rounded - CK_ROUND_F;
  float high = t - k * CK_LN2_HIGH_F;
  float low = k * CK_LN2_LOW_F;
  float r = high - low;
  float tail = r * r * ck_expm1_polynomial_f(r) + ((high - r) - low);
  // Half of the result, because 2^k itself may overflow where the result does not.
  float scale = ck_power_of_two_f(rounded - 1.0f);
  // r goes in first: where the result is small, that sum is exact.
  float y = 2.0f * ((scale * r + (scale - 0.5f)) + scale * tail);
  y = k == 0.0f ? r + tail : y;
  return __builtin_copysignf(y, x);
}

CK_INLINE float ck_sinh_f(float x) {
  float a = __builtin_fabsf(x);
  float z = a * a;
  float p = 2.80635165726052529e-6f;
  p = p * z + 0.000198380925297446917f;
  p = p * z + 0.00833333970654178924f;
  p = p * z + 0.166666666466985549f;
  float near = a + a * z * p;
  // With e = exp(|x|) - 1 the result is (e + e/(e + 1))/2; e/4 does not overflow where the result does not.
  float t = a > 89.6f ? 89.6f : a;
  float rounded = t * (float)CK_LOG2_E + CK_ROUND_F;
  float k = rounded - CK_ROUND_F;
  float high = t - k * CK_LN2_HIGH_F;
  float low = k * CK_LN2_LOW_F;
  float r = high - low;
  float tail = r * r * ck_expm1_polynomial_f(r) + ((high - r) - low);
  float scale = ck_power_of_two_f(rounded - 2.0f);
  float e = (scale * r + (scale - 0.25f)) + scale * tail;
  float far = 2.0f * (e + e / (4.0f * e + 1.0f));
  float y = a < 1.0f ? near : far;
  return __builtin_copysignf(y, x);
}

CK_INLINE float ck_cosh_f(float x) {
  // From a quarter of exp(|x|), which does not overflow where the result does not.
  float t = __builtin_fabsf(x);
  t = t > 89.6f ? 89.6f : t;
  float rounded = t * (float)CK_LOG2_E + CK_ROUND_F;
  float k = rounded - CK_ROUND_F;
  float high = t - k * CK_LN2_HIGH_F;
  float low = k * CK_LN2_LOW_F;
  float r = high - low;
  float tail = r * r * ck_expm1_polynomial_f(r) + ((high - r) - low);
  float scale = ck_power_of_two_f(rounded - 2.0f);
  float e = scale + scale * (r + tail);
  return 2.0f * e + 0.125f / e;
}

CK_INLINE float ck_atan_f(float x) {
  // Three intervals are brought to |t| <= tan(pi/8) by atan(a) = pi/4 + atan((a - 1)/(a + 1)) = pi/2 + atan(-1/a).
  float a = __builtin_fabsf(x);
  int middle = a > 0.414213562373095049f;
  int far = a > 2.41421356237309505f;
  float numerator = middle ? a - 1.0f : a;
  float denominator = middle ? a + 1.0f : 1.0f;
  numerator = far ? -1.0f : numerator;
  denominator = far ? a : denominator;
  float high = middle ? 0x1.921fb6p-1f : 0.0f;
  float low = middle ? -0x1.777a5cp-26f : 0.0f;
  high = far ? 0x1.921fb6p+0f : high;
  low = far ? -0x1.777a5cp-25f : low;
  float t = numerator / denominator;
  float z = t * t;
  float p = -0.0646683152788890933f;
  p = p * z + 0.107488569691035212f;
  p = p * z - 0.14264506953436284f;
  p = p * z + 0.199995594938050183f;
  p = p * z - 0.33333331863930907f;
  float y = high + (t + (t * z * p + low));
  return __builtin_copysignf(y, x);
}

CK_INLINE float ck_erf_f(float x) {
  // erf(a) = 1 - exp(-u) with u = a + a p(a): the exponent is smooth from 0 to where the result rounds to 1, and
  // errors of p count less the further out they are. Near zero nothing cancels, because exp(-u) - 1 is evaluated.
  float a = __builtin_fabsf(x);
  a = a > 4.0f ? 4.0f : a;
  float p = -9.25626069818645776e-6f;
  p = p * a + 0.000117641239614289986f;
  p = p * a - 0.000632836769446838943f;
  p = p * a + 0.00166702734914983111f;
  p = p * a - 0.000160395991380201595f;
  p = p * a - 0.0191530639277298949f;
  p = p * a + 0.102777830511216889f;
  p = p * a + 0.636619381966548356f;
  p = p * a + 0.12837917161125283f;
  float t = -(a + a * p);
  float rounded = t * (float)CK_LOG2_E + CK_ROUND_F;
  float k = rounded - CK_ROUND_F;
  float r = t - k * CK_LN2_HIGH_F;
  r = r - k * CK_LN2_LOW_F;
  float scale = ck_power_of_two_f(rounded);
  float y = (1.0f - scale) - scale * ck_expm1_reduced_f(r);
  return __builtin_copysignf(y, x);
}

#endif
