using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Penstock.Http.Parsing;

/// <summary>
/// Looks at a head that came in one piece, 32 bytes at a time: finds its end and sees that its lines are clean. What it
/// does not like it leaves to <see cref="HeadScanner"/>, which says what is wrong.
/// </summary>
/// <remarks>
/// Going line by line costs a search per line, which for small requests is more than parsing them; one pass with three
/// comparisons a block answers every question about a clean head.
/// </remarks>
internal static class WholeHeadScan
{
    private const int Width = 32;

    /// <summary>The length of the head that <paramref name="data"/> begins with; 0 when it is not whole, or not clean.</summary>
    /// <remarks>
    /// Clean: every CR is followed by LF and every LF follows a CR, and there are no other controls but the tab.
    /// </remarks>
    public static int Find(ReadOnlySpan<byte> data)
    {
        uint afterReturn = 0;
        uint afterLines = 0;
        for (int start = 0; start < data.Length; start += Width)
        {
            Vector256<byte> block = Load(data[start..]);
            uint returns = Vector256.Equals(block, Vector256.Create((byte)'\r')).ExtractMostSignificantBits();
            uint lines = Vector256.Equals(block, Vector256.Create((byte)'\n')).ExtractMostSignificantBits();
            uint unclean = Controls(block) & ~(returns | lines);
            unclean |= ((returns << 1) | afterReturn) ^ lines;

            // Two LFs with one byte between them, and that byte is a CR: the empty line.
            uint ends = lines & ((lines << 2) | afterLines);
            if (ends != 0)
            {
                int end = BitOperations.TrailingZeroCount(ends);
                uint head = uint.MaxValue >> (Width - 1 - end);
                return (unclean & head) == 0 && start + end < data.Length ? start + end + 1 : 0;
            }

            if (unclean != 0)
                return 0;
            afterReturn = returns >> (Width - 1);
            afterLines = lines >> (Width - 2);
        }

        return 0;
    }

    /// <summary>Behind the end of the data lies NUL, which is unclean, so nothing is found there.</summary>
    private static Vector256<byte> Load(ReadOnlySpan<byte> data)
    {
        if (data.Length >= Width)
            return Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(data));
        Span<byte> padded = stackalloc byte[Width];
        padded.Clear();
        data.CopyTo(padded);
        return Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(padded));
    }

    private static uint Controls(Vector256<byte> block)
    {
        Vector256<byte> low = Vector256.LessThan(block, Vector256.Create((byte)' '));
        Vector256<byte> delete = Vector256.Equals(block, Vector256.Create((byte)0x7f));
        Vector256<byte> tab = Vector256.Equals(block, Vector256.Create((byte)'\t'));
        return Vector256.AndNot(low | delete, tab).ExtractMostSignificantBits();
    }
}
