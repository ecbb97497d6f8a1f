namespace Penstock.Polling;

/// <summary>The event bits of <c>poll</c>, to and from <see cref="Interest"/> and <see cref="Readiness"/>.</summary>
/// <remarks>epoll's bits have the same values on purpose, so both pollers use this.</remarks>
internal static class ReadinessMask
{
    internal const uint In = 0x01;
    internal const uint Out = 0x04;
    internal const uint Error = 0x08;
    internal const uint HangUp = 0x10;
    internal const uint Invalid = 0x20;

    private const uint LinuxReadClosed = 0x2000;

    // macOS lacks POLLRDHUP, and FreeBSD gained it late under another number.
    private static readonly uint ReadClosed = OperatingSystem.IsLinux() ? LinuxReadClosed : 0;

    internal static uint From(Interest interest)
    {
        uint mask = 0;
        if ((interest & Interest.Readable) != 0)
            mask |= In | ReadClosed;
        if ((interest & Interest.ReadClosed) != 0)
            mask |= ReadClosed;
        if ((interest & Interest.Writable) != 0)
            mask |= Out;
        return mask;
    }

    /// <summary>
    /// Shifts each bit to its place, because this runs for every event and a chain of tests mispredicts. A descriptor
    /// that is not open (Invalid) counts as an error.
    /// </summary>
    internal static Readiness ToReadiness(uint mask) => (Readiness)(
        (mask & In)
        | ((mask & (Out | HangUp | Invalid)) >> 1)
        | ((mask & Error) << 1)
        | ((mask & LinuxReadClosed) >> 11));
}
