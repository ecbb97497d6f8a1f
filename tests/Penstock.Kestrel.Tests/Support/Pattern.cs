namespace Penstock.Kestrel.Tests;

/// <summary>Bytes that tell where in a stream they belong, so that a lost, doubled or swapped one is seen.</summary>
internal static class Pattern
{
    /// <summary>Fills a buffer with the stream's bytes from <paramref name="position"/> on.</summary>
    public static void Fill(Span<byte> buffer, long position)
    {
        for (int i = 0; i < buffer.Length; i++)
            buffer[i] = At(position + i);
    }

    /// <summary>Whether the buffer holds the stream's bytes from <paramref name="position"/> on.</summary>
    public static bool Matches(ReadOnlySpan<byte> buffer, long position)
    {
        for (int i = 0; i < buffer.Length; i++)
        {
            if (buffer[i] != At(position + i))
                return false;
        }

        return true;
    }

    // The period, 251 * 256 + 1, is prime to every block size.
    private static byte At(long position)
    {
        long place = position % 64_257;
        return (byte)(place ^ (place >> 8));
    }
}
