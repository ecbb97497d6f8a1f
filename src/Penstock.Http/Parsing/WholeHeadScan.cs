using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Penstock.Http.Parsing;

/// <summary>
/// Looks at a head that came in one piece, 32 bytes at a time: finds its end and sees that its lines are clean. What it
/// does not like it leaves to <see cref="HeadScanner"/>, which says what is wrong.
/// </summary>
/// <remarks>
/// Clean: every CR is followed by LF, every LF follows a CR, and there is no other control but the tab. Going line by
/// line costs a search per line, which for small requests is more than parsing them; one pass with a few comparisons a
/// block answers every question about a clean head.
/// </remarks>
internal static class WholeHeadScan
{
    private const int Width = 32;

    /// <summary>
    /// The length of the head that <paramref name="data"/> begins with; 0 when it is not whole, or not clean.
    /// </summary>
    public static int Find(ReadOnlySpan<byte> data)
    {
        ref byte first = ref MemoryMarshal.GetReference(data);
        var lines = new LineEnds();
        int start = 0;
        for (; start <= data.Length - Width; start += Width)
        {
            int end = lines.Take(Vector256.LoadUnsafe(ref first, (nuint)start));
            if (end != LineEnds.GoOn)
                return end < 0 ? 0 : start + end + 1;
        }

        int last = start < data.Length ? lines.Take(LoadLast(data[start..])) : LineEnds.GoOn;
        return last < 0 ? 0 : start + last + 1;
    }

    /// <summary>Behind the end of the data lies NUL, which is unclean, so no end is found there.</summary>
    private static Vector256<byte> LoadLast(ReadOnlySpan<byte> data)
    {
        Span<byte> padded = stackalloc byte[Width];
        padded.Clear();
        data.CopyTo(padded);
        return Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(padded));
    }

    /// <summary>What one block leaves to the next: a CR whose LF is due, and the last two places for LF.</summary>
    private ref struct LineEnds
    {
        public const int GoOn = -1;
        public const int Unclean = -2;

        private uint _afterReturn;
        private uint _afterLines;

        /// <summary>Where in the block the head ends, or one of the constants.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public int Take(Vector256<byte> block)
        {
            uint returns = Vector256.Equals(block, Vector256.Create((byte)'\r')).ExtractMostSignificantBits();
            uint lines = Vector256.Equals(block, Vector256.Create((byte)'\n')).ExtractMostSignificantBits();
            uint unclean = (Controls(block) & ~(returns | lines)) | (((returns << 1) | _afterReturn) ^ lines);

            // Two LFs with one byte between them, which must be a CR: the empty line.
            uint ends = lines & ((lines << 2) | _afterLines);
            if (ends != 0)
            {
                int end = BitOperations.TrailingZeroCount(ends);
                return (unclean & (uint.MaxValue >> (Width - 1 - end))) == 0 ? end : Unclean;
            }

            _afterReturn = returns >> (Width - 1);
            _afterLines = lines >> (Width - 2);
            return unclean == 0 ? GoOn : Unclean;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static uint Controls(Vector256<byte> block)
        {
            Vector256<byte> low = Vector256.LessThan(block, Vector256.Create((byte)' '));
            Vector256<byte> delete = Vector256.Equals(block, Vector256.Create((byte)0x7f));
            Vector256<byte> tab = Vector256.Equals(block, Vector256.Create((byte)'\t'));
            return Vector256.AndNot(low | delete, tab).ExtractMostSignificantBits();
        }
    }
}
