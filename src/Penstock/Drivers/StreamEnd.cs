using Penstock.Interop.Posix;
using Penstock.Polling;

namespace Penstock.Drivers;

/// <summary>Asks a socket whether its stream has ended, past whatever there is to read before the end.</summary>
internal static class StreamEnd
{
    /// <summary>
    /// <see cref="Readiness.ReadClosed"/>, <see cref="Readiness.HangUp"/> and <see cref="Readiness.Error"/>, or nothing
    /// while the peer may still send. Where poll has no <c>POLLRDHUP</c> only what ends both directions is seen.
    /// </summary>
    public static unsafe Readiness Look(int descriptor)
    {
        PollDescriptor probe = new()
        {
            Descriptor = descriptor,
            Requested = (short)ReadinessMask.From(Interest.ReadClosed),
        };
        return Libc.Poll(&probe, 1, timeoutMilliseconds: 0) > 0
            ? ReadinessMask.ToReadiness((ushort)probe.Returned)
            : Readiness.None;
    }
}
