using System.Globalization;
using System.Numerics;
using System.Text;

namespace Penstock.KeyValue.Commands;

/// <summary>
/// A number as the <c>long double</c> of x86 holds it, which is what Redis computes INCRBYFLOAT with: 64 bits of
/// mantissa, 15 of exponent, every result rounded to the nearest, ties to even. .NET has no such type, and with another
/// one the digits that clients see would differ.
/// </summary>
/// <param name="Mantissa">At most 64 bits and a sign.</param>
/// <param name="Exponent">Of 2; the value is the product.</param>
/// <param name="Infinity">1 or -1 for an infinity, which has nothing else; otherwise 0.</param>
internal readonly record struct LongDouble(BigInteger Mantissa, int Exponent, int Infinity = 0)
{
    /// <summary>What Redis has room for, its closing zero not counted.</summary>
    private const int MaxTextBytes = (5 * 1024) - 1;

    private const int MantissaBits = 64;

    /// <summary>Of the last bit of the smallest number, which has fewer bits than others.</summary>
    private const int MinExponent = -16445;

    /// <summary>A number is below 2 to the power of this.</summary>
    private const int MaxMagnitude = 16384;

    private const int Decimals = 17;

    /// <summary>As C's <c>strtold</c>, but the whole text must be a number, and not out of range or NaN.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out LongDouble value)
    {
        value = default;
        if (text.IsEmpty || text.Length > MaxTextBytes)
            return false;
        bool negative = text[0] == '-';
        ReadOnlySpan<byte> digits = negative || text[0] == '+' ? text[1..] : text;
        if (Ascii.EqualsIgnoreCase(digits, "inf"u8) || Ascii.EqualsIgnoreCase(digits, "infinity"u8))
        {
            value = new LongDouble(0, 0, negative ? -1 : 1);
            return true;
        }

        bool hexadecimal = digits.Length > 2 && digits[0] == '0' && (digits[1] | 0x20) == 'x';
        bool parsed = hexadecimal ? TryParseHexadecimal(digits[2..], out value) : TryParseDecimal(digits, out value);
        if (negative)
            value = value with { Mantissa = -value.Mantissa };
        return parsed;
    }

    /// <summary>The sum; an infinity when it is out of range, null when it is not a number.</summary>
    public static LongDouble? Add(LongDouble left, LongDouble right)
    {
        if (left.Infinity != 0 || right.Infinity != 0)
            return left.Infinity * right.Infinity < 0 ? null : left.Infinity != 0 ? left : right;
        int exponent = Math.Min(left.Exponent, right.Exponent);
        BigInteger sum =
            (left.Mantissa << (left.Exponent - exponent)) + (right.Mantissa << (right.Exponent - exponent));
        return Round(sum, exponent, isExact: true);
    }

    /// <summary>As C's <c>%.17Lf</c>, without the zeros at the end and the sign of a zero.</summary>
    public override string ToString()
    {
        if (Infinity != 0)
            return Infinity < 0 ? "-inf" : "inf";
        BigInteger scaled = BigInteger.Abs(Mantissa) * BigInteger.Pow(10, Decimals);
        scaled = Exponent >= 0 ? scaled << Exponent : ShiftRight(scaled, -Exponent, isExact: true);
        string digits = scaled.ToString(CultureInfo.InvariantCulture).PadLeft(Decimals + 1, '0');
        string number = $"{digits[..^Decimals]}.{digits[^Decimals..]}".TrimEnd('0').TrimEnd('.');
        return Mantissa.Sign < 0 && !scaled.IsZero ? "-" + number : number;
    }

    private static bool TryParseDecimal(ReadOnlySpan<byte> text, out LongDouble value)
    {
        // Beyond these, there is no number that is not infinite or zero.
        const int MaxMagnitude10 = 4940;
        const int MinMagnitude10 = -4970;
        if (!TrySplit(text, 10, (byte)'e', out BigInteger digits, out int count, out int exponent, out value))
            return false;
        if (digits.IsZero)
            return true;
        if (count + exponent is > MaxMagnitude10 or < MinMagnitude10)
            return false;

        BigInteger power = BigInteger.Pow(10, Math.Abs(exponent));
        if (exponent >= 0)
            return IsInRange(value = Round(digits * power, 0, isExact: true));

        // Two bits more than are kept, and one that says whether there is anything behind them.
        int shift = Math.Max(0, MantissaBits + 2 - (int)(digits.GetBitLength() - power.GetBitLength()));
        BigInteger quotient = BigInteger.DivRem(digits << shift, power, out BigInteger remainder);
        return IsInRange(value = Round(quotient, -shift, remainder.IsZero));
    }

    private static bool TryParseHexadecimal(ReadOnlySpan<byte> text, out LongDouble value)
    {
        if (!TrySplit(text, 16, (byte)'p', out BigInteger digits, out int _, out int exponent, out value))
            return false;
        if (digits.IsZero)
            return true;
        long magnitude = digits.GetBitLength() + exponent;
        return magnitude is <= MaxMagnitude and >= MinExponent
            && IsInRange(value = Round(digits, exponent, isExact: true));
    }

    /// <summary>Reads digits with a point and an exponent, of which one, the other or both may be missing.</summary>
    private static bool TrySplit(
        ReadOnlySpan<byte> text,
        int radix,
        byte exponentMark,
        out BigInteger digits,
        out int count,
        out int exponent,
        out LongDouble value)
    {
        (digits, exponent, value) = (BigInteger.Zero, 0, default);
        int end = text.IndexOfAny(exponentMark, (byte)(exponentMark ^ 0x20));
        if (end >= 0 && !TryParseExponent(text[(end + 1)..], out exponent))
        {
            count = 0;
            return false;
        }

        ReadOnlySpan<byte> mantissa = end < 0 ? text : text[..end];
        int point = mantissa.IndexOf((byte)'.');
        int bitsOfDigit = radix == 16 ? 4 : 1;
        if (point >= 0)
            exponent -= (mantissa.Length - point - 1) * bitsOfDigit;
        string all = Encoding.Latin1.GetString(mantissa);
        if (point >= 0)
            all = all.Remove(point, 1);
        count = all.TrimStart('0').Length;
        NumberStyles style = radix == 16 ? NumberStyles.AllowHexSpecifier : NumberStyles.None;

        // .NET would take a zero byte at the end as well. The digit in front keeps one of 8 or more from being read as
        // a sign.
        return all.Length > 0
            && all.All(radix == 16 ? char.IsAsciiHexDigit : char.IsAsciiDigit)
            && BigInteger.TryParse("0" + all, style, CultureInfo.InvariantCulture, out digits);
    }

    /// <summary>An exponent that is out of all range is read as one that still is, and can be added to.</summary>
    private static bool TryParseExponent(ReadOnlySpan<byte> text, out int exponent)
    {
        const int Limit = 1_000_000;
        exponent = 0;
        bool negative = !text.IsEmpty && text[0] == '-';
        ReadOnlySpan<byte> digits = negative || (!text.IsEmpty && text[0] == '+') ? text[1..] : text;
        if (digits.IsEmpty)
            return false;
        foreach (byte digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit))
                return false;
            exponent = Math.Min((exponent * 10) + digit - '0', Limit);
        }

        exponent = negative ? -exponent : exponent;
        return true;
    }

    /// <summary>
    /// What C reports as out of range: more than the largest number, or too small to be told from zero.
    /// </summary>
    private static bool IsInRange(LongDouble value) => value.Infinity == 0 && !value.Mantissa.IsZero;

    /// <summary>The nearest number there is.</summary>
    /// <param name="mantissa">Any number of bits; at least two more than are kept when it is not exact.</param>
    /// <param name="exponent">Of 2.</param>
    /// <param name="isExact">False when the true value is a little more, away from zero.</param>
    private static LongDouble Round(BigInteger mantissa, int exponent, bool isExact)
    {
        BigInteger magnitude = BigInteger.Abs(mantissa);
        int excess = (int)Math.Max(magnitude.GetBitLength() - MantissaBits, MinExponent - exponent);
        if (excess > 0)
        {
            magnitude = ShiftRight(magnitude, excess, isExact);
            exponent += excess;
        }

        if (magnitude.GetBitLength() + exponent > MaxMagnitude)
            return new LongDouble(0, 0, mantissa.Sign);
        return new LongDouble(mantissa.Sign < 0 ? -magnitude : magnitude, exponent);
    }

    /// <summary>Divides by a power of 2 and rounds to the nearest, ties to even.</summary>
    private static BigInteger ShiftRight(BigInteger value, int bits, bool isExact)
    {
        BigInteger quotient = value >> bits;
        BigInteger remainder = value - (quotient << bits);
        int comparison = remainder.CompareTo(BigInteger.One << (bits - 1));
        bool up = comparison > 0 || (comparison == 0 && (!isExact || !quotient.IsEven));
        return up ? quotient + 1 : quotient;
    }
}
