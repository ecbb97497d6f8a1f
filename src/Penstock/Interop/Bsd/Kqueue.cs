using Penstock.Interop.Posix;

namespace Penstock.Interop.Bsd;

/// <summary>
/// The two calls of kqueue, by the convention of <see cref="Libc"/>, and the numbers that go with them. See kqueue(2).
/// </summary>
internal static unsafe class Kqueue
{
    internal const short ReadFilter = -1;
    internal const short WriteFilter = -2;

    internal const ushort Add = 0x0001;
    internal const ushort Delete = 0x0002;
    internal const ushort Enable = 0x0004;
    internal const ushort Disable = 0x0008;
    internal const ushort OneShot = 0x0010;
    internal const ushort Clear = 0x0020;
    internal const ushort Dispatch = 0x0080;
    internal const ushort Error = 0x4000;
    internal const ushort EndOfFile = 0x8000;

    internal const uint NoteTrigger = 0x0100_0000;

    /// <summary>FreeBSD counts its filters in another order than everybody else.</summary>
    internal static readonly short UserFilter = (short)(OperatingSystem.IsMacOS() ? -10 : -11);

    internal static int Open() => SystemCall.Result(KqueueLibrary.Loaded.Open());

    /// <summary>
    /// Applies changes, then waits; the number of entries written, those of refused changes among them. An interrupted
    /// wait is 0, like one that timed out; its changes are applied by then, as kevent(2) promises. No timeout waits
    /// without limit.
    /// </summary>
    internal static int Wait(
        int kqueue,
        KeventBuffer changes,
        int changeCount,
        KeventBuffer events,
        int eventCount,
        TimeSpecification* timeout)
    {
        int result = SystemCall.Result(
            KqueueLibrary.Loaded.Exchange(kqueue, changes.Start, changeCount, events.Start, eventCount, timeout));
        return result == SystemCall.Interrupted ? 0 : result;
    }

    /// <summary>Applies one change and does not look at events: 0, or why it was refused.</summary>
    internal static int Apply(int kqueue, KeventBuffer changes, int index)
    {
        int result;
        do result = SystemCall.Result(KqueueLibrary.Loaded.Exchange(kqueue, changes.At(index), 1, null, 0, null));
        while (result == SystemCall.Interrupted);
        return result;
    }
}
