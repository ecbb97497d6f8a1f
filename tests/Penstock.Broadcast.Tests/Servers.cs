namespace Penstock.Broadcast.Tests;

/// <summary>Broadcast servers on a free port, over the mechanism of <see cref="TestIo"/>.</summary>
internal static class Servers
{
    public static TcpServer Start(
        BroadcastFraming framing = BroadcastFraming.UInt64BigEndian,
        int loops = 1,
        Action<ServerOptions>? configure = null,
        IoMechanism? io = null)
    {
        // Whoever broadcasts has somebody to hear it.
        if (io is { } mechanism)
            TestIo.SkipIfRefused(mechanism);
        else
            TestIo.SkipIfOneAtATime();
        var options = new ServerOptions
        {
            // Receivers here never say anything, for as long as a test takes.
            FirstMessageTimeout = Timeout.InfiniteTimeSpan,
            IdleTimeout = Timeout.InfiniteTimeSpan,
        };
        TestIo.Apply(options.Loops, loops, io);
        configure?.Invoke(options);
        return BroadcastServer.Start(options, framing);
    }
}
