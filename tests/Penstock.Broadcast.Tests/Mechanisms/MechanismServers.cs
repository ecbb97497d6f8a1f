namespace Penstock.Broadcast.Tests.Mechanisms;

/// <summary>Broadcast servers over a mechanism that the test names, whatever <c>PENSTOCK_IO</c> says.</summary>
internal static class MechanismServers
{
    /// <summary>Each mechanism that serves many clients on one loop, with one loop and with two.</summary>
    public static TheoryData<IoMechanism, int> All { get; } =
        new MatrixTheoryData<IoMechanism, int>([IoMechanism.IoUring, IoMechanism.Epoll, IoMechanism.Poll], [1, 2]);

    public static TcpServer Start(IoMechanism mechanism, int loops, Action<ServerOptions>? configure = null)
    {
        TestIo.SkipIfRefused(mechanism);
        var options = new ServerOptions
        {
            FirstMessageTimeout = Timeout.InfiniteTimeSpan,
            IdleTimeout = Timeout.InfiniteTimeSpan,
            Loops = { Count = loops, Io = mechanism },
        };
        configure?.Invoke(options);
        return BroadcastServer.Start(options, BroadcastFraming.UInt64BigEndian);
    }
}
