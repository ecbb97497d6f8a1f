using System.Runtime.InteropServices;

namespace Penstock.Drivers.Tests.Contract;

/// <summary>Bytes that are the same for the same seed, and differ at every place that a driver could confuse.</summary>
internal static class Payload
{
    /// <summary>Pinned, as a driver wants what it sends.</summary>
    public static byte[] Create(int length, int seed = 1)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(length, pinned: true);
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Names a run of a pinned array.</summary>
    public static SendSegment Segment(byte[] pinned, int offset, int length) =>
        new(Marshal.UnsafeAddrOfPinnedArrayElement(pinned, offset), length);

    public static void AssertEqual(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        int common = expected.CommonPrefixLength(actual);
        Assert.True(
            expected.Length == actual.Length && common == expected.Length,
            $"{actual.Length} bytes instead of {expected.Length}; the first {common} are right");
    }

    public static void AssertPrefix(ReadOnlySpan<byte> whole, ReadOnlySpan<byte> actual)
    {
        Assert.True(actual.Length <= whole.Length, $"{actual.Length} bytes of at most {whole.Length}");
        AssertEqual(whole[..actual.Length], actual);
    }
}
