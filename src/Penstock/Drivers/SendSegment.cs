using System.Runtime.InteropServices;

namespace Penstock.Drivers;

/// <summary>
/// A run of bytes to send, at an address that does not move. Laid out as the kernel's <c>struct iovec</c>, so that a
/// list of segments is passed to <c>sendmsg</c> as it is.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct SendSegment(nint address, int length)
{
    private readonly nint _address = address;
    private readonly nuint _length = (nuint)length;

    public nint Address => _address;

    public int Length => (int)_length;

    /// <summary>The sum of the lengths.</summary>
    public static int TotalLength(ReadOnlySpan<SendSegment> segments)
    {
        int total = 0;
        foreach (ref readonly SendSegment segment in segments)
            total += segment.Length;
        return total;
    }
}
