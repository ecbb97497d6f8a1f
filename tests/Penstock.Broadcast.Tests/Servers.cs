namespace Penstock.Broadcast.Tests;

/// <summary>Broadcast servers on a free port, over the mechanism that <c>PENSTOCK_IO</c> names.</summary>
internal static class Servers
{
    public static TcpServer Start(
        BroadcastFraming framing = BroadcastFraming.UInt64BigEndian,
        int loops = 1,
        Action<ServerOptions>? configure = null)
    {
        var options = new ServerOptions
        {
            // Receivers here never say anything, for as long as a test takes.
            FirstMessageTimeout = Timeout.InfiniteTimeSpan,
            IdleTimeout = Timeout.InfiniteTimeSpan,
            Loops = { Count = loops, Io = Mechanism },
        };
        configure?.Invoke(options);
        return BroadcastServer.Start(options, framing);
    }

    private static IoMechanism Mechanism =>
        Environment.GetEnvironmentVariable("PENSTOCK_IO") is { Length: > 0 } name
            ? Enum.Parse<IoMechanism>(name.Replace("-", "").Replace("_", ""), ignoreCase: true)
            : IoMechanism.Auto;
}
