namespace Penstock.Drivers.Tests.Contract;

/// <summary>
/// What every <see cref="IoDriver"/> promises, over real loopback connections. The parts: <c>Accept</c>,
/// <c>Receive</c>,
/// <c>Pause</c>, <c>Send</c>, <c>Close</c>, <c>Reuse</c>, <c>Connect</c>, <c>Wait</c>, <c>Load</c> and <c>Model</c>.
/// </summary>
/// <remarks>
/// A driver is added by a subclass that names its <see cref="DriverFixture"/>. Clauses that hold at any time, such as
/// that nothing follows Closed, are checked by <see cref="SlotJournal"/> in every test.
/// </remarks>
[Collection(nameof(SequentialTests))]
public abstract partial class DriverContract
{
    private protected abstract DriverFixture Fixture { get; }

    /// <summary>Starts a driver with as few slots as the test needs, so that a slot too many would show.</summary>
    private protected DriverHarness Start(
        int slots = 1, int receiveBufferBytes = 65_536, int maxReadBytesPerTurn = 262_144)
    {
        Assert.SkipWhen(slots > Fixture.MaxSlots, $"serves {Fixture.MaxSlots} at once");
        return new DriverHarness(Fixture, new DriverLimits(slots, maxReadBytesPerTurn, receiveBufferBytes));
    }

    private static void ExpectReceived(DriverHarness harness, SlotJournal slot, byte[] expected)
    {
        harness.Until(() => slot.Received.Length >= expected.Length);
        Payload.AssertEqual(expected, slot.Received.Span);
    }

    private static void ExpectSeen(DriverHarness harness, Peer peer, byte[] expected)
    {
        harness.UntilSeen(() => peer.Drain().Received.Length >= expected.Length);
        Payload.AssertEqual(expected, peer.Received.Span);
    }

    /// <summary>Sockets, queues, events and pipes. Files are left out: the runtime opens an assembly when it is first
    /// used, which may be in the middle of any test.</summary>
    private static int OpenDescriptors()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux lists a process's descriptors");
        // What earlier tests left to the collector must not close while this one counts.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Directory.GetFileSystemEntries("/proc/self/fd")
            .Count(entry => new FileInfo(entry).LinkTarget is { } target && !Path.IsPathRooted(target));
    }
}
