using System.Runtime.InteropServices;
using Penstock.Drivers.Tests.Polling;
using Penstock.Interop.Posix;
using Penstock.Net;
using Penstock.Timing;

namespace Penstock.Drivers.Tests.IoUring;

/// <summary>
/// An <see cref="IoUringDriver"/> with connections, whose bytes it collects, and what it said of their sends.
/// </summary>
internal sealed class DriverSession : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly List<ConnectedPair> _pairs = [];
    private readonly List<MemoryStream> _received = [];
    private uint _generation;

    public DriverSession(IoUringSizes sizes, int slots)
    {
        IoUringRequirement.SkipWithoutIoUring();
        Driver = new IoUringDriver(sizes, LoopClock.System, new DriverLimits(slots));
    }

    public IoUringDriver Driver { get; }

    public List<(CompletionKind Kind, int Slot, int Result)> Log { get; } = [];

    /// <summary>Opens a connection in the next slot.</summary>
    public ConnectedPair Open()
    {
        var pair = new ConnectedPair();
        _pairs.Add(pair);
        _received.Add(new MemoryStream());
        var key = new SlotKey(_pairs.Count - 1, ++_generation);
        Driver.Attach(key, SocketHandle.FromDescriptor(Libc.Duplicate(pair.Descriptor)));
        return pair;
    }

    public SlotKey KeyOf(int slot) => new(slot, (uint)slot + 1);

    public byte[] ReceivedOn(int slot) => _received[slot].ToArray();

    public long ReceivedLength(int slot) => _received[slot].Length;

    public void Send(int slot, byte[] pinned) =>
        Driver.Send(KeyOf(slot), [new SendSegment(Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0), pinned.Length)]);

    /// <summary>As <see cref="Send"/>, with a segment for each byte.</summary>
    public void SendByteByByte(int slot, byte[] pinned) => Driver.Send(
        KeyOf(slot),
        [.. pinned.Select((_, i) => new SendSegment(Marshal.UnsafeAddrOfPinnedArrayElement(pinned, i), 1))]);

    public void Until(Func<bool> condition)
    {
        long end = LoopClock.System.Now + LoopClock.System.ToTimestamps(Patience);
        while (!condition())
        {
            Assert.True(LoopClock.System.Now < end, "it never came true");
            Turn(end);
        }
    }

    public void Turn(long deadline)
    {
        Driver.Wait(deadline);
        while (Driver.TryNext(out Completion completion))
        {
            Log.Add((completion.Kind, completion.Slot.Index, completion.Result));
            if (completion.Kind == CompletionKind.Received)
                _received[completion.Slot.Index].Write(completion.Data);
        }
    }

    public void Dispose()
    {
        Driver.Dispose();
        foreach (ConnectedPair pair in _pairs)
            pair.Dispose();
    }
}
